import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../../src/engines/details.js';
import { attempt, bench, named, openBench, v1, v2 } from './attempt.js';

openBench();

describe('a re-creation', () => {
  it('keeps what many flags of docker run set', async () => {
    await bench.network('flags', '--subnet', '10.213.77.0/24');
    const old = await bench.run(
      'flags',
      ...[
        '--network',
        `${bench.prefix}-flags`,
        '--ip',
        '10.213.77.50',
        '--network-alias',
        'www',
        '--network-alias',
        'api',
      ],
      ...['--hostname', 'chosen', '--domainname', 'example.org', '--dns', '10.213.77.1', '--dns-search', 'example.org'],
      ...['--add-host', 'db:10.213.77.9', '--publish', '127.0.0.1:18473:80', '--expose', '9999'],
      ...[
        '--env',
        'SECRET=a=b c',
        '--env',
        'VERSION=mine',
        '--env',
        'EMPTY=',
        '--user',
        '1000:1000',
        '--workdir',
        '/tmp',
      ],
      ...[
        '--label',
        'com.docker.compose.image=sha256:old',
        '--label',
        'team=core',
        '--stop-timeout',
        '3',
        '--stop-signal',
        'TERM',
      ],
      ...['--health-cmd', 'true', '--health-interval', '60s', '--restart', 'on-failure:3', '--init'],
      ...['--volume', `${bench.prefix}-named:/named:ro`, '--volume', '/anonymous', '--volume', '/etc:/host-etc:ro'],
      ...[
        '--mount',
        'type=volume,target=/nameless',
        '--mount',
        'type=tmpfs,target=/scratch,tmpfs-size=1m',
        '--tmpfs',
        '/run:size=1m',
      ],
      ...['--memory', '64m', '--cpus', '0.5', '--pids-limit', '100', '--shm-size', '16m', '--oom-score-adj', '10'],
      ...[
        '--ulimit',
        'nofile=1024:2048',
        '--cap-drop',
        'NET_RAW',
        '--cap-add',
        'SYS_NICE',
        '--device',
        '/dev/null:/dev/x:r',
      ],
      ...[
        '--security-opt',
        'no-new-privileges',
        '--sysctl',
        'net.ipv4.ip_unprivileged_port_start=0',
        '--group-add',
        '5',
      ],
      ...[
        '--log-driver',
        'json-file',
        '--log-opt',
        'max-size=1m',
        '--read-only',
        '--ipc',
        'shareable',
        '--tty',
        '--interactive',
      ],
      v1.Id,
      ...['sh', '-c', "trap 'exit 0' TERM; sleep infinity & wait"],
    );
    const { result } = await attempt(old);
    expect(result).toMatchObject({ kind: 'recreated', settings: { equal: true, differing: [] }, warnings: [] });

    const fresh = await named('flags');
    const { Links, ...hostConfig } = fresh.HostConfig;
    expect({ ...hostConfig, Mounts: undefined }).toEqual({ ...old.HostConfig, Mounts: undefined, Links: undefined });
    expect(fresh.NetworkSettings.Networks[`${bench.prefix}-flags`]?.IPAddress).toBe('10.213.77.50');
    expect(fresh.Config.Labels).toMatchObject({ 'com.docker.compose.image': v2.Id, team: 'core' });
    const mounts = ({ Mounts: all }: ContainerDetails) =>
      all.map((one) => [one.Destination, one.Source, one.RW]).sort();
    expect(mounts(fresh)).toEqual(mounts(old));
  });
});
