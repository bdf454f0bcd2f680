import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { interrupted } from './interrupted.js';
import { removeScripts, scripted } from './scripted.js';

let bench: Workbench;
let v1: ImageDetails;
let v2: ImageDetails;

beforeAll(async () => {
  bench = await openWorkbench();
  const serving = `CMD ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]`;
  v1 = await bench.image('app:1', 'ENV VERSION=1', serving);
  v2 = await bench.image('app:2', 'ENV VERSION=2', serving);
});
afterAll(async () => {
  // A journal's container is made of an image that goes with the bench.
  await removeScripts();
  await bench?.clear();
});

const full = (name: string) => `${bench.prefix}-${name}`;
const reference = (image: ImageDetails) => image.RepoTags[0] ?? image.Id;
/** Of this deploy, the lock and its journal included. */
const there = async (name: string) =>
  (await bench.docker('ps', '--all', '--format', '{{.Names}}')).split('\n').filter((one) => one.includes(full(name)));

it.each([
  // The first is the lock.
  [2, 'was created'],
  [3, 'was started'],
])('by SIGTERM after change %i, once what is made anew %s: there is none again', async (at) => {
  const name = `anew-${at}`;
  await bench.run(name, v1.Id);
  const inputs = { image: reference(v2), environment: full(name) };
  const script = await scripted(bench.engine, [full(name)], inputs, { withEnv: true });
  await bench.docker('rm', '-f', full(name));

  const ran = await interrupted(script, ['deploy'], { signal: 'TERM', at, when: 'after' });
  expect(ran, ran.stderr).toMatchObject({ code: 1, reached: true });
  expect(ran.stderr).toContain('there was none, and it is removed again');
  expect(await there(name)).toEqual([]);
});

it('by nobody reading any more what it says, in the middle of a switch: what ran before runs', async () => {
  const old = await bench.run('unread', v1.Id);
  const script = await scripted(bench.engine, [full('unread')], { image: reference(v2), environment: full('unread') });

  const child = spawn('bash', [script.path, 'deploy'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => {
    if (!chunk.includes('docker stop')) return;
    child.stdout.destroy();
    child.stderr.destroy();
  });
  await once(child, 'exit');

  expect(await there('unread')).toEqual([
    expect.stringMatching(`^hot-deploy-journal-${full('unread')}-[0-9a-f]{8}$`),
    full('unread'),
  ]);
  expect(await bench.engine.inspectContainer(full('unread'))).toMatchObject({ Id: old.Id, State: { Running: true } });
  // It had been stopped.
  expect((await bench.engine.inspectContainer(old.Id)).State.StartedAt).not.toBe(old.State.StartedAt);
});
