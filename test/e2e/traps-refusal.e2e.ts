import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Container, connect, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** A hand-written appup that leaves a line in a file before the point of no return, then does `more`, and loads. */
const appup = (version: string, more: string) => `{"${version}",
  [{"0.1.0", [{load_object_code, {octochat, "${version}", ['Elixir.Octochat']}},
              {apply, {file, write_file, ["/tmp/steps", "${version}\\n", [append]]}},
              ${more}
              point_of_no_return,
              {load, {'Elixir.Octochat', soft_purge, soft_purge}}]}],
  [{"0.1.0", [{load_module, 'Elixir.Octochat', soft_purge, soft_purge, []}]}]}.
`;

// The application keeps what config_change/3 told it.
const remembering = {
  'apps/octochat/lib/octochat/application.ex': [
    [
      '    Octochat.Changes.record(',
      '    :persistent_term.put(:told, Application.get_env(:octochat, :limit))\n    Octochat.Changes.record(',
    ],
  ],
} as const;
const limited = (limit: number) =>
  ({ ...remembering, 'config/runtime.exs': [['config :octochat,', `config :octochat,\n  limit: ${limit},`]] }) as const;

describe('a hand-written appup with a step before the point of no return', () => {
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await image(octochat({ version: '0.1.0', replace: limited(1) })));
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('leaves environment, applications, code path, files, records and processes as they were when that step fails', async () => {
    const failing = octochat({
      version: '0.1.1',
      replace: limited(2),
      appup: appup('0.1.1', '{apply, {erlang, error, [not_today]}},'),
    });
    const before = await standing(web);
    expect(before.environment).toContain('octochat:limit 1');

    const { report } = await deployTo(web.name, { image: await image(failing) });

    expect(report).toMatchObject({ outcome: 'refused', method: 'relup', from: '0.1.0' });
    expect(report.message).toContain('not_today');
    expect(await standing(web)).toEqual(before);
    // The step did run: the install was refused after it had begun.
    expect(await web.exec('cat', '/tmp/steps')).toBe('0.1.1');
    // And an application that was told of new values has been told of the old ones again.
    expect(await evaluate(web, 'persistent_term:get(told)')).toBe('1');
    expect(await client.ask('PING')).toBe('PONG 0.1.0 2');
    expect(await client.ask('GET arms')).toBe('8');
  });

  it('takes that step exactly once', async () => {
    const going = octochat({ version: '0.1.2', replace: limited(2), appup: appup('0.1.2', '') });

    const { report } = await deployTo(web.name, { image: await image(going) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await web.exec('cat', '/tmp/steps')).toBe('0.1.1\n0.1.2');
    expect(await evaluate(web, 'persistent_term:get(told)')).toBe('2');
    expect(await client.ask('PING')).toMatch(/^PONG 0\.1\.2 \d+$/);
  });
});
