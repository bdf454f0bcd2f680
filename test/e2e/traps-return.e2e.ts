import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Container,
  connect,
  eventually,
  healthy,
  type Lines,
  removeContainers,
  start,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { apartFromRecord, evaluate, type Standing, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const one = { example: 'octochat', version: 1, debian: 'bookworm' } as const;
const probe = 'http://{container}:8080/health';
const connection = 'apps/octochat/lib/octochat/connection.ex';

describe('a new release that does not serve', () => {
  const sick = octochat({
    version: '0.2.0',
    basis: 2,
    bumped: [],
    replace: {
      'apps/octochat/lib/octochat/endpoint.ex': [
        ['{"200 OK", "text/plain", "ok"}', '{"500 Internal Server Error", "text/plain", "sick"}'],
      ],
    },
  });
  let web: Container;
  let client: Lines;
  let before: Standing;
  let pid: number;

  beforeAll(async () => {
    web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
    await evaluate(web, 'application:set_env(octochat, theme, dark)');
    before = await standing(web);
    pid = (await web.inspect()).State.Pid;
  });

  it('is taken back by a hot downgrade: connections, state, environment, files and processes are as before', async () => {
    const { report } = await deployTo(web.name, { image: await image(sick), probe, soak: '30s' });

    expect(report).toMatchObject({ outcome: 'rolled-back', method: 'relup', from: '0.1.0' });
    expect(report.message).toMatch(/the probe has failed for .* by a hot downgrade and runs 0\.1\.0 again/);
    expect(await client.ask('PING')).toBe('PONG 0.1.0 2');
    expect(await client.ask('GET arms')).toBe('8');
    expect(await client.ask('SHOW tuple')).toBe('ERROR unsupported');
    expect(await client.ask('MOTTO')).toBe('ERROR unknown');
    expect(apartFromRecord(await standing(web))).toEqual(apartFromRecord(before));
    expect((await web.inspect()).State.Pid).toBe(pid);
  });

  it('stands in nobody’s way: the next one is deployed hot', async () => {
    const { report } = await deployTo(web.name, { image: await image({ ...one, version: 2 }), probe, soak: '2s' });

    // What lies in the container of the version that was taken back has gone, so nothing is in the way.
    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.1.0', to: '0.2.0' });
    expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.0 \d+$/);
    expect(await evaluate(web, 'application:get_env(octochat, theme)')).toBe('{ok,dark}');
  });
});

describe('a migration that fails past the point of no return', () => {
  const clumsy = octochat({
    version: '0.2.0',
    basis: 2,
    bumped: [],
    replace: {
      [connection]: [
        [
          'def code_change(_vsn, {socket, seen}, _extra), do: {:ok, state(socket, seen)}',
          'def code_change(_vsn, {_socket, _seen}, _extra), do: raise("not today")',
        ],
      ],
    },
  });

  it('makes the VM boot the old release again, which serves, and the report says so; nothing of the new one stays', async () => {
    const web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    const client = await connect(await web.port(4040));
    await client.ask('PING');
    const before = await standing(web);
    const { Pid, StartedAt } = (await web.inspect()).State;

    const { report } = await deployTo(web.name, { image: await image(clumsy), probe });

    expect(report).toMatchObject({ outcome: 'rolled-back', method: 'relup', from: '0.1.0' });
    expect(report.message).toMatch(/code_change of 'Elixir.Octochat.Connection' failed in <[\d.]+>: .*RuntimeError/);
    expect(report.message).toMatch(/by a restart of the VM.* and runs 0\.1\.0 again/);
    await eventually('the end of the old connection', async () => client.lost || undefined);
    const again = await connect(await web.port(4040));
    expect(await again.ask('PING')).toBe('PONG 0.1.0 1');
    expect(await again.ask('GREETING')).toBe('ahoi');
    expect({ ...apartFromRecord(await standing(web)), processes: '' }).toEqual({
      ...apartFromRecord(before),
      processes: '',
    });
    // Values that an exception carries may be secrets.
    expect(JSON.stringify(report)).not.toContain('not today');
    // In the same container, which has not been restarted.
    expect((await web.inspect()).State).toMatchObject({ Pid, StartedAt });

    await docker('restart', web.name);
    await healthy(web);
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('PONG 0.1.0 1');
  });
});
