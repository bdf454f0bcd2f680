import { everything } from '../tier.js';
import { type Fault, isChanging, isKill, strike } from './faults.js';
import {
  allIsRight,
  deploy,
  found,
  goalOf,
  originOf,
  type Play,
  recovered,
  type Stage,
  setUp,
  whatIsReportedRuns,
} from './stage.js';

/** Each promise that was not kept, in words. */
type Broken = readonly string[];

const undisturbed = Number.POSITIVE_INFINITY;

/** A deploy without a fault, and so the calls that there are to be struck. */
export async function whole(play: Play) {
  const stage = await setUp(play);
  const run = strike(stage.engine, stage.clock, undisturbed, 'the call is lost');
  return { stage, carried: await deploy(stage, run), calls: run.calls };
}

/** Strikes one run after the other, each at another of its calls that `fault` can do anything to. */
export async function everywhere(
  play: Play,
  fault: Fault,
  { reads, part }: { readonly reads: boolean; readonly part?: Part },
): Promise<Broken> {
  const { calls } = await whole(play);
  const tried = { reads: reads && fault === 'the call is lost', ...(part && { part }) };
  return await each(calls, tried, async (nth, call) => {
    const stage = await setUp(play);
    const told = await struck(stage, fault, nth);
    return [...told, ...(await settled(stage))].map((what) => `${fault}, call ${nth}, ${call}: ${what}`);
  });
}

/** Each so-manieth call, and which of them: what is alike elsewhere is struck at the others there. Every night all are. */
export interface Part {
  readonly every: number;
  readonly from: number;
}

/**
 * The same, and the run that recovers is killed, too, at each of its own calls that change anything; in the quick tier at every
 * third, from another one on for each call of the first run.
 */
export async function everywhereTwice(play: Play): Promise<Broken> {
  const fault = 'killed after the call';
  const { calls } = await whole(play);
  return await each(calls, {}, async (nth, call) => {
    const first = await setUp(play);
    await struck(first, fault, nth);
    const whole = strike(first.engine, first.clock, undisturbed, fault);
    await recovered(first, whole);
    return await each(whole.calls, { part: { every: 3, from: nth } }, async (at, second) => {
      const stage = await setUp(play);
      await struck(stage, fault, nth);
      await recovered(stage, strike(stage.engine, stage.clock, at, fault)).catch(() => undefined);
      const where = `${fault} ${nth}, ${call}, and the next run after its call ${at}, ${second}`;
      return (await settled(stage)).map((what) => `${where}: ${what}`);
    });
  });
}

/** What only asks has no effect that could be had or not, so to be killed there is to be killed at what was changed last. */
async function each(
  calls: readonly string[],
  { reads = false, part: { every, from } = { every: 1, from: 0 } }: { readonly reads?: boolean; readonly part?: Part },
  work: (nth: number, call: string) => Promise<Broken>,
): Promise<Broken> {
  const broken: string[] = [];
  let nth = from;
  for (const [at, call] of calls.entries()) {
    if (!reads && !isChanging(call)) continue;
    nth += 1;
    if (!everything && nth % every !== 0) continue;
    broken.push(...(await work(at + 1, call).catch((error: unknown) => [`call ${at + 1}, ${call}: ${error}`])));
  }
  return broken;
}

/** One deploy that is struck. If it was not killed, it has to end by itself, and nobody has to look. */
async function struck(stage: Stage, fault: Fault, nth: number): Promise<Broken> {
  const run = strike(stage.engine, stage.clock, nth, fault);
  if (isKill(fault)) {
    await deploy(stage, run).catch(() => undefined);
    return [];
  }
  return await whatIsReportedRuns(stage, await deploy(stage, run));
}

/** The next process takes a while to begin. What the engine was asked by the one before has come to it then; a stop may take longer. */
const beginsMs = 60;

const deployedFrom = new WeakMap<Play, Set<string>>();

/** A deploy that finds what one has found before does the same again. Every night it is tried all the same. */
function isNew(stage: Stage): boolean {
  const known = deployedFrom.get(stage.play) ?? new Set();
  const now = found(stage);
  const isKnown = known.has(now);
  deployedFrom.set(stage.play, known.add(now));
  return everything || !isKnown;
}

/** The next run: first it recovers, and then it deploys. */
async function settled(stage: Stage): Promise<Broken> {
  await stage.clock.sleep(beginsMs);
  await recovered(stage, stage);
  const after = await allIsRight(stage);
  if (after.length > 0) return after;
  if (!isNew(stage)) return [];
  const carried = await deploy(stage, stage);
  const next = [
    ...(await whatIsReportedRuns(stage, carried)),
    ...(await allIsRight(stage, stage.play.bad ? originOf(stage.play) : goalOf(stage.play))),
  ];
  return next.map((what) => `in the deploy after that: ${what}`);
}
