import { newCache } from '../../../src/analysis/cache.js';
import type { ContainerDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { type Bundle, makeBundle } from '../../../src/hot-load/bundle.js';
import { place } from '../../../src/hot-load/place.js';
import { effectOf } from '../../../src/hot-load/script.js';
import { upgradeUpdate } from '../../../src/hot-load/update.js';
import { Node } from '../../../src/node/node.js';
import { unpack } from '../../../src/release/archive.js';
import { readBaseline } from '../../../src/release/baseline.js';
import type { ColdBoot } from '../../../src/release/cold-boot.js';
import { compare } from '../../../src/release/compare.js';
import { oldRoot } from '../../../src/release/modules.js';
import type { RunningRelease } from '../../../src/release/release.js';
import { readRunning } from '../../../src/release/running.js';
import type { Toolbox } from '../../../src/release/toolbox.js';
import { relup } from '../../../src/strategies/relup/index.js';
import type { Changing, TargetPlan, Update } from '../../../src/strategies/strategy.js';
import { script } from '../world/facts.js';
import { filesOf, packOf } from './files.js';
import { imageRelease, releaseFiles } from './release.js';
import { goalOf, inputsOf, type Stage } from './stage.js';

/** What is to be done hot with each container that does not run what it is to run, read and made as a run does. */
export async function hotPlans(
  stage: Stage,
  engine: Engine,
  containers: readonly ContainerDetails[],
): Promise<readonly Changing[]> {
  const all = await Promise.all(containers.map((each) => hotPlan(stage, engine, each)));
  return all.flatMap((plan) => (plan === undefined ? [] : [plan]));
}

async function hotPlan(stage: Stage, engine: Engine, container: ContainerDetails): Promise<Changing | undefined> {
  const reading = await readRunning(stage.model.engine, container, {});
  if (reading.kind !== 'running') throw new Error(`${container.Name} does not say what it runs: ${reading.kind}`);
  const { release } = reading;
  if (release.version === goalOf(stage.play)) return undefined;
  // What was read is read; what is asked from here on is the run's.
  let asks = stage.model.engine;
  const node = new Node({
    engine: { ...engine, exec: (...given) => asks.exec(...given) },
    ...{ container: container.Id, vm: release.vm },
  });
  const running = { ...release, node };
  const plan: TargetPlan = {
    ...{
      name: container.Name.slice(1),
      container,
      oldImage: stage.v1,
      from: running.version,
      reasons: [],
      root: '/app',
    },
    next: imageRelease(goalOf(stage.play)),
  };
  const update =
    stage.play.hot?.task === 'rollback'
      ? await back(stage, plan, running)
      : await up(stage, container, release, running);
  asks = engine;
  return { ...plan, update };
}

async function back(stage: Stage, plan: TargetPlan, running: RunningRelease): Promise<Update> {
  const { model, play } = stage;
  const found = await relup.assessReturn?.({
    ...{ engine: model.engine, inputs: inputsOf(play), version: goalOf(play), plan, running, shared: newCache() },
  });
  if (found?.kind !== 'possible') throw new Error(`${plan.name} cannot go back hot: ${JSON.stringify(found)}`);
  return found.update;
}

async function up(
  stage: Stage,
  { Id }: ContainerDetails,
  read: RunningRelease,
  running: RunningRelease,
): Promise<Update> {
  const next = imageRelease('2');
  const workshop = { get: taken } as unknown as Toolbox;
  const change = compare(read, next);
  const site = { engine: stage.model.engine, workshop, next } as unknown as Parameters<typeof place>[0];
  const { placement, present, occupied } = await place(site, Id, read, change);
  if (occupied.length > 0) throw new Error(`${occupied} lies there with other content`);
  const images = { from: stage.v1.Id, to: stage.v2.Id };
  const key = JSON.stringify([read.modules, read.files, images]);
  const bundle =
    bundles.get(key) ??
    (await makeBundle(workshop, read, next, change, placement, { ...effectOf(made), relup: made, words: [], images }));
  bundles.set(key, bundle);
  const { root, version, applications } = read;
  const own = applications.map((each) => [each.name, each.version] as const);
  const boot = (of: string): ColdBoot => ({
    kind: 'booted',
    salt: '',
    ms: 1,
    facts: { ...facts, identity: { ...read, version: of } },
  });
  return upgradeUpdate('relup', {
    ...{ running, next, bundle, tree: {}, drift: [], unseen: [], counts: {}, present },
    baseline: await readBaseline(read.node, { root, version, running: version, applications: own }),
    ...{ boot: boot('2'), oldBoot: boot('1') },
  });
}

const bundles = new Map<string, Bundle>();

const facts = {
  ...{ tree: {}, registrations: { names: [], tables: [], terms: [] }, settings: [], states: [] },
};

const made = {
  ...{ relup: '{"2",[{"1",[],[]}],[{"1",[],[]}]}.\n', restarts: false, warnings: [] },
  up: script({ loads: ['app_web'], holds: ['app_web'] }),
  down: script({ loads: ['app_web'], holds: ['app_web'] }),
};

/** What a toolbox container holds: the new release, and the code of the old one. */
const workshop = filesOf(
  {
    ...releaseFiles('2'),
    ...Object.fromEntries(
      Object.entries(releaseFiles('1')).map(([path, text]) => [`${oldRoot}${path.slice('/app'.length)}`, text]),
    ),
  },
  0,
);

async function taken(path: string) {
  return workshop.has(path) ? await unpack(await packOf(path, workshop)) : undefined;
}
