import { afterAll, afterEach, expect, it } from 'vitest';
import { findDowngradePath } from '../../src/hot-load/downgrade.js';
import { prune } from '../../src/hot-load/retention.js';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { whatRuns, workplace } from '../support/world/going-back.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
});

const one = { example: 'octochat', version: 1, debian: 'bookworm' } as const;
const patch = octochat({
  version: '0.2.1',
  basis: 2,
  replace: { 'apps/octochat/lib/octochat/command.ex': [['"ERROR unknown"', '"ERROR what"']] },
});
// octochat stays as it is in this one: a later release still needs a library of an earlier one.
const last = octochat({
  version: '0.2.2',
  basis: 2,
  bumped: ['kv'],
  replace: {
    'apps/octochat/mix.exs': [['"VERSION", "0.2.0"', '"VERSION", "0.2.1"']],
    'apps/octochat/lib/octochat/command.ex': [['"ERROR unknown"', '"ERROR what"']],
  },
  files: { 'apps/kv/lib/kv/note.ex': 'defmodule KV.Note do\n  def text, do: "new"\nend\n' },
});

async function at(web: Container) {
  const place = await workplace(web);
  return { place, ...(await whatRuns(place, web.name)) };
}
const list = async (web: Container, path: string) => (await web.exec('ls', '-A', `/app/${path}`)).split('\n');

it('keeps the releases that can be gone back to, and takes from the others what nobody needs', async () => {
  const web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
  const client: Lines = await connect(await web.port(4040));
  await client.ask('PUT arms 8');
  for (const next of [{ ...one, version: 2 }, patch, last]) {
    const { report } = await deployTo(web.name, { image: await image(next) });
    expect([report.message, report.outcome, report.method]).toEqual([undefined, 'deployed', 'relup']);
  }
  const before = { lib: await list(web, 'lib'), root: await list(web, '') };
  const { running, place } = await at(web);

  const all = await prune(running.node, 3);
  expect(all.releases.map(({ version }) => version)).toEqual(['0.2.1', '0.2.0', '0.1.0']);
  expect(all.removed).toEqual([]);
  expect(await list(web, 'lib')).toEqual(before.lib);

  const some = await prune(running.node, 1);
  expect(some.removed).toEqual(['0.2.0', '0.1.0']);
  expect(some.releases).toMatchObject([{ version: '0.2.1' }]);
  expect(some.releases[0]?.bytes).toBeGreaterThan(10_000);
  expect(some.bytesFreed).toBeGreaterThan(10_000);
  const gone = ['kv-0.1.0', 'octochat-0.1.0', 'octochat-0.2.0'];
  expect(await list(web, 'lib')).toEqual(before.lib.filter((name) => !gone.includes(name)));
  expect(await list(web, '')).toEqual(before.root);
  expect(await list(web, 'releases')).toEqual(
    expect.arrayContaining(['0.2.1', '0.2.2', 'COOKIE', 'RELEASES', 'start_erl.data']),
  );
  expect(await list(web, 'releases')).not.toContain('0.1.0');
  expect(await evaluate(web, '[{V, S} || {_, V, _, S} <- release_handler:which_releases()]')).toBe(
    '[{"0.2.2",permanent},{"0.2.1",old}]',
  );
  expect((await prune(running.node, 1)).removed).toEqual([]);

  const timeout = place.inputs.suspendTimeoutMs;
  const { Id } = await web.inspect();
  expect(await findDowngradePath(place.engine, Id, running, '0.2.1', timeout)).toMatchObject({ kind: 'open' });
  expect(await findDowngradePath(place.engine, Id, running, '0.2.0', timeout)).toMatchObject({
    kind: 'closed',
    reasons: [{ code: 'release-gone', subject: '0.2.0' }],
  });
  expect(await client.ask('GET arms')).toBe('8');
  expect(await client.ask('NONSENSE')).toBe('ERROR what');

  await docker('restart', web.name);
  await healthy(web);
  const again = await connect(await web.port(4040));
  expect(await again.ask('PING')).toMatch(/^PONG 0\.2\.1 1$/);
  expect((await at(web)).running.version).toBe('0.2.2');
  expect((await prune((await at(web)).running.node, 0)).removed).toEqual(['0.2.1']);
});
