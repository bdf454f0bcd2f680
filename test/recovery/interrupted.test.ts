import { describe, expect, it } from 'vitest';
import { withTargets } from '../../src/commands/with-targets.js';
import type { Inputs } from '../../src/config/inputs.js';
import type { Report } from '../../src/deployment/report.js';
import type { Engine } from '../../src/engines/engine.js';
import { nonceLabel, runLabel } from '../../src/engines/throw-away.js';
import type { Step } from '../../src/journal/entry.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { findInterrupted, findUnproven } from '../../src/recovery/interrupted.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import type { Selector } from '../../src/targets/selector.js';
import { details, journalOn } from '../journal/entries.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';

const nonce = details.nonce;

const labels = { role: 'web', 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };

/** Two containers that run, and what is written down of them. */
async function world(steps: Readonly<Record<string, readonly (Step | readonly [run: string, step: Step])[]>>) {
  const model = modelEngine(modelClock());
  model.image('app:1', { program: {} });
  const ids: Record<string, string> = {};
  for (const name of Object.keys(steps)) ids[name] = (await model.run(name, { Image: 'app:1', Labels: labels })).Id;
  const { journal, release } = await journalOn(model.engine, 'app:1');
  for (const [container, all] of Object.entries(steps)) {
    for (const each of all) {
      const [run, step] = typeof each === 'string' ? ['run-a', each] : each;
      await journal.write({ ...details, run, container, id: ids[container] ?? '', fleet: Object.keys(steps) }, step);
    }
  }
  await release();
  return { engine: model.engine, ids, journal };
}

const byName = (...names: readonly string[]) => names.map((name) => ({ by: 'name', name }) as const);
const found = async (engine: Engine, ...names: readonly string[]) => await foundBy(engine, byName(...names));
const foundBy = async (engine: Engine, selectors: readonly Selector[]) =>
  (await findInterrupted(engine, selectors)).map(({ direction, containers }) => [
    direction,
    ...containers.map(({ name }) => name),
  ]);

describe('what a run that was cut off has left', () => {
  it('goes back on all of its containers where none had begun to settle, also on those that are not meant', async () => {
    const { engine } = await world({ 'web-1': ['stage', 'switch'], 'web-2': ['stage'] });
    expect(await found(engine, 'web-1')).toEqual([['undo', 'web-1', 'web-2']]);
  });

  it.each<[string, readonly Step[], readonly string[]]>([
    ['one is settling', ['stage', 'switch', 'settle'], ['finish', 'web-1', 'web-2']],
    ['one is done', ['stage', 'switch', 'settle', 'done'], ['finish', 'web-2']],
  ])('goes on to its end on all of them as soon as %s: the fleet never runs two versions', async (_, first, told) => {
    const { engine } = await world({ 'web-1': first, 'web-2': ['stage', 'switch'] });
    expect(await found(engine, 'web-1', 'web-2')).toEqual([told]);
  });

  it('is nothing where all runs have ended', async () => {
    const { engine } = await world({ 'web-1': ['stage', 'undone'], 'web-2': ['stop', 'done'] });
    expect(await found(engine, 'web-1', 'web-2')).toEqual([]);
  });

  it('is told apart by its run', async () => {
    const { engine } = await world({ 'web-1': [['a', 'settle']], 'web-2': [['b', 'stop']] });
    expect(await found(engine, 'web-1', 'web-2')).toEqual([
      ['finish', 'web-1'],
      ['undo', 'web-2'],
    ]);
  });

  it('is nothing of what somebody has re-created by hand since, and nothing of others', async () => {
    const { engine, ids } = await world({ 'web-1': ['stop'], 'web-2': ['stop'] });
    await engine.removeContainer(ids['web-1'] ?? '', { force: true });
    await engine.createContainer('web-1', { Image: 'app:1' });
    expect(await found(engine, 'web-1')).toEqual([]);
    expect(await found(engine, 'web-3')).toEqual([]);
  });

  const ways = [
    [{ by: 'name', name: 'web' }, true],
    [{ by: 'label', key: 'role', value: 'web' }, true],
    [{ by: 'label', key: 'role', value: 'api' }, false],
    [{ by: 'compose', project: 'shop', service: 'web' }, true],
    [{ by: 'compose', project: 'shop', service: 'api' }, false],
  ] as const;

  it.each(ways)('is looked for by %j where no container has the name any more: found %s', async (selector, isFound) => {
    const { engine, ids } = await world({ web: ['stop'] });
    const id = ids['web'] ?? '';
    await engine.renameContainer(id, `web.hot-deploy-old-${id.slice(0, 12)}`);
    expect(await foundBy(engine, [selector])).toEqual(isFound ? [['undo', 'web']] : []);
  });

  it.each(ways)(
    'is looked for by %j where the old container has ended with --rm: found %s',
    async (selector, isFound) => {
      const { engine, ids } = await world({ web: ['create', 'stop'] });
      await engine.removeContainer(ids['web'] ?? '', { force: true });
      const made = `web.hot-deploy-new-${ids['web']?.slice(0, 12)}`;
      await engine.createContainer(made, {
        Image: 'app:1',
        Labels: { ...labels, [nonceLabel]: nonce, [runLabel]: 'run-a' },
      });
      expect(await foundBy(engine, [selector])).toEqual(isFound ? [['undo', 'web']] : []);
    },
  );
});

function draftOf(mode: Inputs['mode'], dryRun = false): CurrentRun {
  const quiet = { info: () => undefined, group: async (_: string, work: () => Promise<unknown>) => await work() };
  return {
    inputs: { mode, dryRun, containers: byName('web'), environment: 'production' },
    world: { log: quiet, signal: new AbortController().signal },
  } as unknown as CurrentRun;
}

const report = { outcome: 'planned', warnings: ['its own'] } as unknown as Report;

it.each(['plan', 'rehearse', 'script', 'deploy'] as const)('a task of Swarm is refused by %s', async (mode) => {
  const model = modelEngine(modelClock());
  model.image('app:1', { program: {} });
  const labels = { 'com.docker.swarm.task.id': 't', 'com.docker.swarm.service.name': 'shop_web' };
  await model.run('web', { Image: 'app:1', Labels: labels });
  const draft = draftOf(mode);
  // A deploy that is tried: without the lock.
  const inputs = mode === 'deploy' ? { ...draft.inputs, dryRun: true } : draft.inputs;
  await expect(withTargets(model.engine, { ...draft, inputs }, async () => report)).rejects.toThrow(
    'web is a task of the Swarm service shop_web, and Swarm would put the old version back when it makes the task anew: services cannot be deployed to yet. Use docker service update --image IMAGE shop_web',
  );
});

const asking = [
  ...(['plan', 'rehearse', 'script'] as const).map((mode) => [mode, false] as const),
  ...(['deploy', 'rollback'] as const).map((mode) => [mode, true] as const),
];
describe.each(asking)('%s of a container in the middle of a deploy (a dry run: %s)', (mode, dryRun) => {
  /** The new one runs under the name, and the old one stands beside it. */
  async function switched(label: string) {
    const { engine, ids } = await world({ web: ['create', 'stop'] });
    const old = ids['web'] ?? '';
    await engine.stopContainer(old);
    await engine.renameContainer(old, `web.hot-deploy-old-${old.slice(0, 12)}`);
    await engine.startContainer(
      await engine.createContainer('web', { Image: 'app:1', Labels: { [nonceLabel]: label, [runLabel]: 'run-a' } }),
    );
    const before = await engine.containers();
    return { engine, unchanged: async () => expect(await engine.containers()).toEqual(before) };
  }

  it('changes nothing, and says what the next deploy would', async () => {
    const { engine, unchanged } = await switched(nonce);
    expect(await withTargets(engine, draftOf(mode, dryRun), async () => report)).toEqual({
      outcome: 'planned',
      warnings: [
        'its own',
        'web is in the middle of a deploy by ada since 2026-01-02 03:04:05 UTC, which is under way or was cut off: the next deploy or rollback undoes it.',
      ],
    });
    await unchanged();
  });

  it('says so also where it is refused', async () => {
    const { engine } = await switched(nonce);
    const refused = withTargets(engine, draftOf(mode, dryRun), () => Promise.reject(new Refusal('web is exited.')));
    await expect(refused).rejects.toThrow(/^web is exited\. web is in the middle of a deploy by .* undoes it\.$/);
  });

  it('is none where somebody else has made what serves', async () => {
    const { engine } = await switched('x'.repeat(32));
    expect(await withTargets(engine, draftOf(mode, dryRun), async () => report)).toEqual(report);
  });
});

describe('what stands under such a name, and no journal speaks of', () => {
  async function beside(...names: readonly string[]) {
    const model = modelEngine(modelClock());
    model.image('app:1', { program: {} });
    for (const name of names) await model.engine.createContainer(name, { Image: 'app:1', Labels: labels });
    return model.engine;
  }
  const standing = async (...names: readonly string[]) => await findUnproven(await beside(...names), byName('web'));

  it('is named, with what would bring it back where nothing has the name', async () => {
    expect(await standing('web.hot-deploy-old-0123456789ab')).toEqual([
      'web.hot-deploy-old-0123456789ab is created, and no journal shows that hot-deploy has put it there: it is left alone. If it is the container that served: docker rename web.hot-deploy-old-0123456789ab web && docker start web',
    ]);
    expect(await standing('web', 'web.hot-deploy-new-0123456789ab')).toEqual([
      'web.hot-deploy-new-0123456789ab is created, and no journal shows that hot-deploy has put it there: it is left alone.',
    ]);
  });

  it('is not named where it is of another container', async () => {
    expect(await standing('web', 'api.hot-deploy-new-0123456789ab')).toEqual([]);
  });

  it('is named where its labels are meant', async () => {
    const engine = await beside('web.hot-deploy-old-0123456789ab');
    const named = async (value: string) => await findUnproven(engine, [{ by: 'label', key: 'role', value }]);
    expect([(await named('web')).length, (await named('api')).length]).toEqual([1, 0]);
  });
});
