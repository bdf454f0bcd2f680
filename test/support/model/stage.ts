import type { Inputs } from '../../../src/config/inputs.js';
import { readInputs } from '../../../src/config/read-inputs.js';
import { turns } from '../../../src/deployment/turns.js';
import type { ContainerDetails, ImageDetails } from '../../../src/engines/details.js';
import type { ContainerSpec, Engine } from '../../../src/engines/engine.js';
import { lockLabel, marking } from '../../../src/engines/throw-away.js';
import type { Journal } from '../../../src/journal/journal.js';
import type { StrategyOption } from '../../../src/reasons/strategies.js';
import { findInterrupted } from '../../../src/recovery/interrupted.js';
import { recover } from '../../../src/recovery/recover.js';
import { packEntries } from '../../../src/release/archive.js';
import { rollOut } from '../../../src/rollout/fleet.js';
import type { CurrentRun } from '../../../src/rollout/reporting.js';
import type { TargetUpdate } from '../../../src/rollout/target-update.js';
import { restartUpdate } from '../../../src/strategies/recreate/index.js';
import type { Changing } from '../../../src/strategies/strategy.js';
import type { Clock, Log } from '../../../src/system/log.js';
import { journalOn } from '../../journal/entries.js';
import type { Seen } from '../faults/look.js';
import { aloneAndRunning, oneVersion } from '../faults/promises.js';
import { bootedOf, type Installs, recordsOf } from './agent.js';
import { type ModelClock, modelClock } from './clock.js';
import { type ModelEngine, modelEngine } from './engine.js';
import { unhurried } from './faults.js';
import { hotPlans } from './hot.js';
import { imageRelease, releaseFiles } from './release.js';
import { vm } from './vm.js';

/** What is deployed to, and what is deployed. */
export interface Play {
  readonly names: readonly string[];
  readonly kind: 'plain' | '--rm' | '--restart always';
  /** Where the new version does not come up. */
  readonly bad?: string;
  /** Version 2 is loaded into the VM that runs, or one goes back from it that way; where it is bad the installation ends so. */
  readonly hot?: { readonly task: 'deploy' | 'rollback'; readonly fails?: Installs };
  /** As the input says; by default what `hot` takes. */
  readonly strategy?: StrategyOption;
  /** How another strategy would bring what does not run version 2 there. */
  readonly plans?: (
    stage: Stage,
    engine: Engine,
    containers: readonly ContainerDetails[],
  ) => Promise<readonly Changing[]>;
  /** It has no HEALTHCHECK. */
  readonly unchecked?: true;
  /** How many may be down. */
  readonly atOnce?: number;
}

/** Containers of version 1 with data, an image of version 2, and a name that still means version 1. */
export interface Stage {
  readonly play: Play;
  readonly clock: ModelClock;
  readonly model: ModelEngine;
  /** As runs have it: with a while for each answer. */
  readonly engine: Engine;
  readonly v1: ImageDetails;
  readonly v2: ImageDetails;
  readonly began: ReadonlyMap<string, ContainerDetails>;
}

const reference = 'app:live';

export async function setUp(play: Play): Promise<Stage> {
  const clock = modelClock();
  const model = modelEngine(clock);
  const image = (version: string, program: Parameters<typeof vm>[1], volumes: readonly string[]) =>
    model.image(`app:${version}`, {
      program: vm(version, { ...program, installs: (to, { own }) => fails(play, to, own) }),
      config: {
        Env: [`VERSION=${version}`],
        Volumes: Object.fromEntries(volumes.map((volume) => [volume, {}])),
        ...(!play.unchecked && { Healthcheck: { Test: ['CMD', 'healthy'], Interval: 1e9 } }),
      },
      files: releaseFiles(version),
    });
  const v1 = image('1', {}, ['/data']);
  const v2 = image('2', play.bad && !play.hot ? { ends: { afterMs: 100, code: 7, where: ['own', play.bad] } } : {}, [
    '/data',
    '/other',
  ]);
  await model.engine.tagImage(v1.Id, reference);
  const began = new Map<string, ContainerDetails>();
  for (const name of play.names) {
    const { Id: id } = await model.run(name, { Image: reference, Labels: { own: name }, HostConfig: hostOf(play) });
    const file = { path: 'file', type: 'file', mode: 0o644, uid: 0, gid: 0, data: Buffer.from(name) } as const;
    await model.engine.putArchive(id, '/data', await packEntries([file]));
    began.set(name, await model.engine.inspectContainer(id));
  }
  await clock.sleep(3_000);
  const stage = { play, clock, model, engine: unhurried(model.engine, clock), v1, v2, began };
  // What is to go back hot has come hot.
  if (play.hot?.task === 'rollback')
    await deploy({ ...stage, play: { ...play, bad: '', hot: { task: 'deploy' } } }, stage);
  return stage;
}

function fails(play: Play, to: string, own: string | undefined): Installs | undefined {
  return own === play.bad && to === goalOf(play) ? play.hot?.fails : undefined;
}

/** The version that is to run in the end, and the one before. */
export const goalOf = ({ hot }: Pick<Play, 'hot'>): '1' | '2' => (hot?.task === 'rollback' ? '1' : '2');
export const originOf = ({ hot }: Pick<Play, 'hot'>): '1' | '2' => (hot?.task === 'rollback' ? '2' : '1');

function hostOf({ kind }: Play): ContainerSpec {
  return {
    ...(kind === '--rm' && { AutoRemove: true }),
    RestartPolicy: { Name: kind === '--restart always' ? 'always' : 'no' },
  };
}

export const quiet: Log = {
  ...{ info: () => undefined, output: () => undefined, warning: () => undefined, debug: () => undefined },
  ...{ group: (_, work) => work() },
};

/** Who acts: the world's own engine and clock, or those of a run that is struck. */
export interface Actor {
  readonly engine: Engine;
  readonly clock: Clock;
}

/** The engine of a run that has the lock and never loses it: nodes are told its token. */
const holding = (engine: Engine, { token }: Pick<Journal, 'token'>): Engine => ({
  ...engine,
  fence: { environment: 'model', token, check: async () => undefined },
});

let runs = 0;

const inputs = new WeakMap<Play, Inputs>();

/** Read once for each play. */
export function inputsOf(play: Play): Inputs {
  const known = inputs.get(play) ?? readInputsOf(play);
  inputs.set(play, known);
  return known;
}

function readInputsOf({ names, atOnce = 1, hot, strategy = hot ? 'relup' : 'restart' }: Play): Inputs {
  const given: Readonly<Record<string, string>> = {
    ...{ containers: names.join('\n'), image: reference, build: 'false', strategy, probe: 'none' },
    ...{ soak: '300ms', canary: '0', 'max-parallel': '2', 'max-unavailable': String(atOnce), environment: 'model' },
  };
  return readInputs((name) => given[name], {});
}

/** Brings what does not run version 2 there. */
export async function deploy(stage: Stage, actor: Actor): Promise<readonly TargetUpdate[]> {
  const on = { environment: 'model', writing: actor.engine };
  const { journal, release } = await journalOn(stage.model.engine, stage.v1.Id, on);
  const carried = await carryOut(stage, { ...actor, engine: holding(actor.engine, journal) }, journal);
  await release();
  return carried;
}

/** The same under a lock that is held already. */
export async function carryOut(
  stage: Stage,
  { engine, clock }: Actor,
  journal: Journal,
): Promise<readonly TargetUpdate[]> {
  const { play, v2, model } = stage;
  runs += 1;
  const run = `run-${runs}`;
  const found = await Promise.all(play.names.map((name) => model.engine.findContainer(name)));
  const containers = found.flatMap((container) => (container === undefined ? [] : [container]));
  const plans = await (play.plans ?? (play.hot ? hotPlans : restarts))(stage, engine, containers);
  const { signal } = new AbortController();
  const inputs = inputsOf(play);
  return await rollOut(
    {
      engine: marking(engine, { run, nonce: 'n'.repeat(32), holder: '{}' }),
      ...{
        log: quiet,
        clock,
        inputs,
        image: { reference, id: v2.Id },
        signal,
        replaced: new Map(),
        began: clock.now(),
      },
      down: turns(inputs.maxUnavailable, signal),
      runDetails: {
        ...{ run, task: play.hot?.task ?? 'deploy', environment: 'model', by: 'somebody' },
        fleet: plans.map(({ name }) => name),
        to: { version: goalOf(play), image: goalOf(play) === '2' ? v2.Id : stage.v1.Id, reference },
      },
      journal,
    },
    plans,
  );
}

async function restarts(
  { v1, v2 }: Stage,
  _: Engine,
  containers: readonly ContainerDetails[],
): Promise<readonly Changing[]> {
  const next = imageRelease('2');
  return containers
    .filter(({ Image }) => Image !== v2.Id)
    .map((container) => ({
      ...{ name: container.Name.slice(1), container, oldImage: v1, from: '1', reasons: [], next },
      ...{ root: '/app', update: restartUpdate(next) },
    }));
}

/** What the next run does first. */
export async function recovered({ play, model, v1 }: Stage, { engine, clock }: Actor) {
  const world = { log: quiet, clock, signal: new AbortController().signal };
  const { journal, release } = await journalOn(model.engine, v1.Id, { environment: 'model', writing: engine });
  const all = await recover(
    holding(engine, journal),
    { inputs: inputsOf(play), world } as unknown as CurrentRun,
    journal,
  );
  await release();
  return all;
}

/** What it runs, as whoever could look into its VM would say. */
export const versionOf = ({ model }: Stage, { Id }: ContainerDetails) =>
  String(model.inside(Id).memory.get('runs') ?? '');

export async function look({ model, play }: Stage) {
  const listed = (await model.engine.containers()).filter(({ labels }) => !(lockLabel in labels));
  const all = await Promise.all(listed.map(({ id }) => model.engine.inspectContainer(id)));
  const seen = all.map(
    ({ Id: id, Name, State, HostConfig, Image: image }): Seen => ({
      ...{ id, name: Name.slice(1), status: State.Status, running: State.Running, startedAt: State.StartedAt, image },
      restartPolicy: HostConfig.RestartPolicy?.Name ?? '',
    }),
  );
  const serving = play.names.flatMap((name) => all.find(({ Name }) => Name === `/${name}`) ?? []);
  return { all, seen, serving };
}

/** Of a run that ended by itself: what it reports is what runs. One fault alone is no case for manual intervention. */
export async function whatIsReportedRuns(stage: Stage, carried: readonly TargetUpdate[]): Promise<readonly string[]> {
  const { serving } = await look(stage);
  return carried.flatMap(({ plan: { name }, ended: { outcome, id, message } }) => {
    if (outcome === 'failed') return [`manual intervention is required: ${name}: ${message}`];
    const now = serving.find(({ Name }) => Name === `/${name}`);
    const said = `${name} was said to be ${outcome} (${message ?? ''}), and`;
    if (!now?.State.Running) return [`${said} ${now === undefined ? 'there is none' : `it is ${now.State.Status}`}`];
    const version = outcome === 'deployed' ? goalOf(stage.play) : originOf(stage.play);
    const runs = versionOf(stage, now);
    return [
      ...(runs === version ? [] : [`${said} it runs ${runs}`]),
      ...(now.Id === id ? [] : [`${said} what has the name is another container`]),
    ];
  });
}

/** What has to be so when nothing is under way any more. */
export async function allIsRight(stage: Stage, version?: '1' | '2'): Promise<readonly string[]> {
  const { play, model, began, v1 } = stage;
  const { all, seen, serving } = await look(stage);
  const says = serving.map((each) => {
    const { disk } = model.inside(each.Id);
    const others = recordsOf(disk).map((words) => words.join(' '));
    return { version: versionOf(stage, each), permanent: [bootedOf(disk)], others, suspended: [] };
  });
  const used = new Set(all.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name)));
  const halfWay = await findInterrupted(model.engine, inputsOf(play).containers);
  const data = await Promise.all(serving.map((each) => dataOf(stage, each)));
  return [
    ...aloneAndRunning(play, seen),
    ...oneVersion(play, says, version),
    ...data.flat(),
    ...serving.flatMap(({ Name, HostConfig, Labels }: ContainerDetails & { Labels?: unknown }) => {
      const before = began.get(Name.slice(1))?.HostConfig;
      const [now, then] = [HostConfig, before].map((each) => [each?.RestartPolicy?.Name, each?.AutoRemove].join());
      return now === then && Labels === undefined ? [] : [`${Name} has the policy ${now}, and had ${then}`];
    }),
    ...serving
      .filter((each) => play.hot || (versionOf(stage, each) === '1' && play.kind !== '--rm'))
      .filter(({ Id, Name }) => began.get(Name.slice(1))?.Id !== Id)
      .map((each) => `${each.Name} runs ${versionOf(stage, each)}, and is another one than before`),
    ...serving.flatMap((each) => (play.hot ? leftIn(stage, each) : [])),
    ...model.volumes().flatMap((name) => (used.has(name) ? [] : [`the volume ${name} is left`])),
    ...[...model.tags()].flatMap(([tag, id]) => (tag.includes('lent') ? [`the name ${tag} is left for ${id}`] : [])),
    ...(model.tags().get(reference) === v1.Id ? [] : [`${reference} means another image`]),
    ...halfWay.map(
      ({ direction, containers }) => `${containers.map(({ name }) => name)} is to be ${direction}ed still`,
    ),
  ];
}

/** In a container that never came to version 2 nothing of it lies, and release_handler knows nothing of it. */
function leftIn(stage: Stage, each: ContainerDetails): readonly string[] {
  if (versionOf(stage, each) === '2' || stage.play.hot?.task === 'rollback') return [];
  const { disk } = stage.model.inside(each.Id);
  const files = ['releases/2', 'lib/app-2'].flatMap((path) => disk.below(`/app/${path}`));
  const known = recordsOf(disk).filter(([version]) => version === '2');
  return [...files, ...known.flat()].map((what) => `${what} is left in ${each.Name}`);
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const made = new RegExp(
  `${uuid.source}|[0-9a-f]{12,64}|run-\\d+|(?<=journal-model-[rt])\\d+|\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z`,
  'g',
);

/** What the next run finds: all that there is, with a number in the place of each name that is made up, and of each time. */
export function found({ model }: Stage): string {
  const known = new Map<string, number>();
  return JSON.stringify(model.whole()).replace(made, (each) => {
    // Of an id the first twelve digits are its short form.
    const name = /^[0-9a-f]{12,}$/.test(each) ? each.slice(0, 12) : each;
    known.set(name, known.get(name) ?? known.size);
    return `#${known.get(name)}`;
  });
}

/** The data of each is where it was. */
async function dataOf({ model, began }: Stage, { Id, Name, Mounts }: ContainerDetails): Promise<readonly string[]> {
  const at = (mounts: ContainerDetails['Mounts'] = []) =>
    mounts.find(({ Destination }) => Destination === '/data')?.Name;
  const before = at(began.get(Name.slice(1))?.Mounts);
  if (at(Mounts) !== before) return [`${Name} has another volume than before`];
  return (await model.engine.stat(Id, '/data/file')) === undefined ? [`the data of ${Name} is gone`] : [];
}
