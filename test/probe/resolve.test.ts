import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import { resolveProbe, UnreachableContainer } from '../../src/probe/resolve.js';
import { parseProbe } from '../../src/probe/target.js';

interface Network {
  readonly ports?: Record<string, readonly { HostIp: string; HostPort: string }[] | null>;
  readonly addresses?: readonly { readonly v4?: string; readonly v6?: string }[];
  readonly mode?: string;
}

/** As much of an inspected container as says where it is reached. */
function container({ ports = {}, addresses = [], mode = 'bridge' }: Network): ContainerDetails {
  const networks = addresses.map(({ v4 = '', v6 = '' }, i) => [`net${i}`, { IPAddress: v4, GlobalIPv6Address: v6 }]);
  return {
    Name: '/chat-1',
    HostConfig: { NetworkMode: mode },
    NetworkSettings: { Ports: ports, Networks: Object.fromEntries(networks) },
  } as unknown as ContainerDetails;
}

const everywhere = [
  { HostIp: '0.0.0.0', HostPort: '32768' },
  { HostIp: '::', HostPort: '32769' },
];

describe('{container} stands for where a container is reached', () => {
  it.each<[string, Network, string, string, number]>([
    ['the published port on the engine', { ports: { '4000/tcp': everywhere } }, '10.1.2.3', '10.1.2.3', 32768],
    [
      'the one address it is published on',
      { ports: { '4000/tcp': [{ HostIp: '192.168.1.5', HostPort: '80' }] } },
      'engine',
      '192.168.1.5',
      80,
    ],
    [
      'loopback, when the engine is here',
      { ports: { '4000/tcp': [{ HostIp: '127.0.0.1', HostPort: '80' }] } },
      'localhost',
      '127.0.0.1',
      80,
    ],
    [
      'not the loopback of an engine elsewhere',
      { ports: { '4000/tcp': [{ HostIp: '127.0.0.1', HostPort: '80' }] }, addresses: [{ v4: '172.17.0.2' }] },
      'engine',
      '172.17.0.2',
      4000,
    ],
    [
      'its own address when nothing is published',
      { addresses: [{ v4: '172.17.0.2' }, { v4: '172.18.0.2' }] },
      'engine',
      '172.17.0.2',
      4000,
    ],
    [
      'its own address when another port is published',
      { ports: { '80/tcp': everywhere }, addresses: [{ v4: '172.17.0.2' }] },
      'engine',
      '172.17.0.2',
      4000,
    ],
    [
      'its own address when the port is only exposed',
      { ports: { '4000/tcp': null }, addresses: [{ v4: '172.17.0.2' }] },
      'engine',
      '172.17.0.2',
      4000,
    ],
    ['the first network that has an address', { addresses: [{}, { v6: 'fd00::2' }] }, 'engine', 'fd00::2', 4000],
    ['the engine itself under its own network', { mode: 'host' }, '10.1.2.3', '10.1.2.3', 4000],
  ])('%s', (_, network, engineHost, host, port) => {
    const http = resolveProbe(parseProbe('http://{container}:4000/health'), container(network), engineHost);
    expect(http).toEqual({ kind: 'http', host, port, path: '/health' });
    const tcp = resolveProbe(parseProbe('tcp://{container}:4000'), container(network), engineHost);
    expect(tcp).toEqual({ kind: 'tcp', host, port });
  });

  it('is one clear sentence when there is no such place', () => {
    const resolve = () => resolveProbe(parseProbe('tcp://{container}:4000'), container({}), 'localhost');
    expect(resolve).toThrow(UnreachableContainer);
    expect(resolve).toThrow(
      "chat-1 can't be probed at {container}:4000: its port 4000/tcp is not published and it has no IP address; " +
        'publish the port, or probe with exec:COMMAND or docker',
    );
  });
});

describe('what needs no replacing stays', () => {
  it('a fixed address is the same for every container', () => {
    const target = parseProbe('tcp://balancer:80');
    expect(resolveProbe(target, container({ ports: { '80/tcp': everywhere } }), 'localhost')).toEqual(target);
  });

  it('a command and a health check are bound to the name, which outlives a re-creation', () => {
    expect(resolveProbe(parseProbe('docker'), container({}), 'localhost')).toEqual({
      kind: 'docker',
      container: 'chat-1',
    });
    expect(resolveProbe(parseProbe('exec:true'), container({}), 'localhost')).toEqual({
      kind: 'exec',
      container: 'chat-1',
      command: 'true',
    });
  });
});
