import { expect } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { makePermanent } from '../../src/hot-load/commit.js';
import { findDowngradePath } from '../../src/hot-load/downgrade.js';
import { resume, suspendedByUs, waitUntilIdle } from '../../src/hot-load/idle.js';
import type { UpgradeManifest } from '../../src/hot-load/manifest.js';
import { prune } from '../../src/hot-load/retention.js';
import { prepareStep, runStep, type UpgradeStep, unready } from '../../src/hot-load/step.js';
import { readManifest } from '../../src/hot-load/stored-manifest.js';
import { unstage } from '../../src/hot-load/switch.js';
import { AgentError } from '../../src/node/agent.js';
import type { RunningRelease } from '../../src/release/release.js';
import { readRunning } from '../../src/release/running.js';
import type { Clock } from '../../src/system/log.js';
import { poll } from '../../src/system/poll.js';
import { isAnything } from '../../src/system/shape.js';

/** A container, real or not, to which `next` was loaded hot over `old`, and made permanent. */
export interface Ground {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly container: string;
  readonly old: string;
  readonly next: string;
}

type Check = (ground: Ground, way: UpgradeManifest) => Promise<void>;

const timeoutMs = 1_000;

/** What runs, as soon as it says so; asked by a run with this token, if it has one. */
async function running({ engine, clock, container }: Ground, token?: number): Promise<RunningRelease> {
  const fence = token === undefined ? undefined : { environment: 'conformance', token, check: async () => undefined };
  const on = { ...engine, ...(fence && { fence }) };
  const found = await poll(clock, { everyMs: 200, withinMs: 60_000 }, async () => {
    const reading = await readRunning(on, await engine.inspectContainer(container), {});
    return reading.kind === 'running' && reading.release.booted ? reading.release : undefined;
  });
  if (found === undefined) throw new Error('its node does not say what it runs');
  return found;
}

async function restarted(ground: Ground): Promise<RunningRelease> {
  await ground.engine.stopContainer(ground.container);
  await ground.engine.startContainer(ground.container);
  return await running(ground);
}

async function go(ground: Ground, step: UpgradeStep, token?: number) {
  return await runStep(await running(ground, token), step, timeoutMs);
}

const refused = async (asked: Promise<unknown>): Promise<string> =>
  await asked.then(
    () => 'answered',
    (error: unknown) => (error instanceof AgentError ? error.code : String(error)),
  );

/** What both do. Each begins and ends where `next` runs and is permanent. */
export const conformance: Readonly<Record<string, Check>> = {
  'goes back and forth, and boots what is permanent': async (ground, way) => {
    const { old, next } = ground;
    expect(await go(ground, { way, direction: 'down' })).toMatchObject({ kind: 'arrived' });
    expect((await running(ground)).version).toBe(old);
    expect(await go(ground, { way, direction: 'up' })).toMatchObject({ kind: 'arrived' });
    expect((await running(ground)).version).toBe(next);
    expect(await go(ground, { way, direction: 'down' })).toMatchObject({ kind: 'arrived' });
    expect((await restarted(ground)).version).toBe(next);
  },
  'boots another one once that is permanent': async (ground, way) => {
    const { clock, old, next } = ground;
    await go(ground, { way, direction: 'down' });
    expect(await makePermanent({ clock }, (await running(ground)).node, old)).toBeUndefined();
    // To be asked twice changes nothing more.
    expect(await makePermanent({ clock }, (await running(ground)).node, old)).toBeUndefined();
    expect((await restarted(ground)).version).toBe(old);
    expect(await go(ground, { way, direction: 'up' })).toMatchObject({ kind: 'arrived' });
    expect(await makePermanent({ clock }, (await running(ground)).node, next)).toBeUndefined();
    expect((await restarted(ground)).version).toBe(next);
  },
  'makes nothing permanent that does not run': async (ground) => {
    const { clock, old } = ground;
    const { node } = await running(ground);
    expect(await makePermanent({ clock }, node, '9.9.9')).toBe('no_such_release');
    expect(await makePermanent({ clock }, node, old)).toBe('bad_status');
  },
  'does not go where it is': async (ground, way) => {
    expect(await go(ground, { way, direction: 'up' })).toMatchObject({ kind: 'refused', why: 'no_matching_relup' });
    expect((await running(ground)).version).toBe(ground.next);
  },
  'takes away nothing of what it runs, and is asked twice': async (ground) => {
    const { node } = await running(ground);
    expect(await refused(unstage(node, { to: ground.next, directories: [`releases/${ground.next}`] }))).toBe('running');
    const none = { to: '9.9.9', directories: ['lib/none-9.9.9', 'releases/9.9.9'] };
    expect([await refused(unstage(node, none)), await refused(unstage(node, none))]).toEqual(['answered', 'answered']);
    expect((await running(ground)).version).toBe(ground.next);
  },
  'turns a run away that a later one has followed, until it boots anew': async (ground) => {
    const ask = async (token: number) =>
      await refused(
        (await running(ground, token)).node.ask({ ...looking, argument: { map: { updates: [] } } }, isAnything),
      );
    expect([await ask(7), await ask(7), await ask(8), await ask(7), await ask(8)]).toEqual([
      ...['answered', 'answered', 'answered', 'overtaken', 'answered'],
    ]);
    await restarted(ground);
    expect(await ask(7)).toBe('answered');
  },
  'changes nothing if the request is cancelled': async (ground, way) => {
    const step = { way, direction: 'down' } as const;
    const prepared = prepareStep(await running(ground), step, timeoutMs);
    const { engine, clock, container } = ground;
    // It may take a moment to come to the container.
    const isBusy = async () => !(await waitUntilIdle({ engine, clock }, container, undefined, 1_000)) || undefined;
    expect(await poll(clock, { everyMs: 50, withinMs: 20_000 }, isBusy)).toBe(true);
    await prepared.cancel();
    expect(await waitUntilIdle({ engine, clock }, container, (await running(ground)).node, 20_000)).toBe(true);
    expect((await running(ground)).version).toBe(ground.next);
  },
  'suspends no process, and knows the way back': async (ground, way) => {
    const { engine, container, old, next } = ground;
    const release = await running(ground);
    expect(await suspendedByUs(release.node, way.updates)).toEqual([]);
    expect(await resume(release.node, way.updates)).toEqual([]);
    expect(await unready(release, { way, direction: 'down' }, way, timeoutMs)).toBeUndefined();
    expect(await findDowngradePath(engine, container, release, old, timeoutMs)).toMatchObject({ kind: 'open' });
    expect((await prune(release.node, 3)).releases.map(({ version }) => version)).toEqual([old]);
    expect((await running(ground)).version).toBe(next);
  },
};

const looking = { set: 'held', module: 'hot_deploy_held', function: 'look' } as const;

export async function wayOf(ground: Ground): Promise<UpgradeManifest> {
  const { root } = await running(ground);
  const stored = await readManifest(ground.engine, ground.container, root, ground.next);
  if (stored.kind !== 'stored') throw new Error(`no deploy has left a way: ${stored.kind}`);
  return stored.way;
}
