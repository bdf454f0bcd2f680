import type { Ran } from '../world/command.js';
import { type Blow, spell } from './blow.js';
import type { Call } from './call.js';
import { type Crew, gather } from './crew.js';
import type { OwnEngine } from './own-engine.js';
import { type Attempt, recovering } from './points.js';
import type { Chance } from './seed.js';
import { describeTrial } from './table.js';
import { endure, type Lane, run, struckOnce, type Trial } from './trial.js';
import type { Way } from './ways.js';

/** Containers that go up and down between two versions, and what is tried on each way. */
export interface Course {
  readonly name: string;
  readonly size: number;
  /** For `docker run`. */
  readonly flags?: readonly string[];
  /** Whether the nodes are one cluster, to which a deploy comes through the first of them. */
  readonly cluster?: true;
  readonly up: Way;
  readonly down: readonly Way[];
  /** What is tried on one way, from the calls of a run that went well. */
  readonly attempts: (seen: readonly Call[], chance: Chance) => readonly Attempt[];
  /** An engine that may be harmed. */
  readonly own?: OwnEngine;
  /** After which steps of a way up a run is killed, so that the one that takes it up can be killed too. */
  readonly twiceAfter?: readonly string[];
}

/** Where somebody waits for the machine: what is not tried by then is left, and said to be. */
const longestMs = Number(process.env['HOT_DEPLOY_FAULTS_SECONDS'] ?? Number.POSITIVE_INFINITY) * 1000;
/** To have one fault again: a pattern of what is printed for it. */
const only = new RegExp(process.env['HOT_DEPLOY_FAULTS_ONLY'] ?? '');

interface Due extends Attempt {
  readonly way: Way;
}

/** Carries all trials of a course out, one after the other. */
export async function walk(
  course: Course,
  image: Lane['image'],
  chance: Chance,
  tell: (line: string) => void,
): Promise<readonly Trial[]> {
  const crew = await gather(course);
  const known: (readonly string[])[] = [];
  const lane = { crew, image, known };
  const trials: Trial[] = [];
  const since = performance.now();
  const note = (trial: Trial) => {
    trials.push(trial);
    const [title = ''] = describeTrial(trial).split('\n');
    // In full at once where something is wrong: nobody has to wait for the end to look into it.
    const seconds = (trial.tookMs / 1000).toFixed(1);
    tell(
      `${course.name}: ${trial.broken.length === 0 ? `survived in ${seconds} s: ${title}` : `BROKEN: ${describeTrial(trial)}`}`,
    );
  };
  try {
    await crew.start(image(1));
    known.push(...(await directories(crew)));
    const due: Due[] = [];
    for (const way of [course.up, ...course.down]) {
      await way.prepare?.(crew);
      const seen = await clean(lane, way);
      due.push(...course.attempts(seen, chance).map((attempt) => ({ ...attempt, way })));
      if (way !== course.up && way !== course.down.at(-1)) await clean(lane, course.up);
    }
    for (const step of course.twiceAfter ?? []) due.push(...(await twice(lane, course, step)));
    due.splice(
      0,
      due.length,
      ...due.filter(({ way, blows }) => only.test(`${way.name}: ${blows.map(spell).join(', ')}`)),
    );
    let at: 1 | 2 | undefined;
    while (due.length > 0) {
      if (performance.now() - since > longestMs) {
        tell(`${course.name}: ${due.length} faults are left, and the time that was given is over`);
        break;
      }
      at ??= await anew(lane, 1);
      const index = due.findIndex(({ way }) => way.from === at);
      if (index < 0) {
        at = await anew(lane, at === 1 ? 2 : 1, course.up);
        continue;
      }
      const [{ way, blows, next }] = due.splice(index, 1) as [Due];
      await way.prepare?.(crew);
      const trial = await endure(lane, way, way.from === 1 ? opposite(course) : course.up, blows, next);
      note(trial);
      at = trial.ends;
    }
  } finally {
    await crew.remove();
    await crew.proxy.close();
  }
  return trials;
}

function opposite({ down, name }: Course): Way {
  const [first] = down;
  if (first === undefined) throw new Error(`the course ${name} has no way down`);
  return first;
}

/** The calls of a way without any fault. */
async function clean(lane: Lane & { known: (readonly string[])[] }, way: Way): Promise<readonly Call[]> {
  const ran = await run(lane.crew, way.words(lane.crew, lane.image));
  well(way.name, ran);
  lane.known.push(...(await directories(lane.crew)));
  return lane.crew.proxy.seen;
}

async function directories(crew: Crew): Promise<readonly (readonly string[])[]> {
  return (await crew.ask()).map((says) => says.directories);
}

/** Fresh containers of the first version, and from there to the second where that is wanted. */
async function anew({ crew, image }: Lane, version: 1 | 2, up?: Way): Promise<1 | 2> {
  await crew.start(image(1));
  if (version === 2 && up !== undefined) well(up.name, await run(crew, up.words(crew, image)));
  return version;
}

/** Kills a way up after a step, has it taken up, and answers at what the run that does so can be struck. */
async function twice(lane: Lane, { up }: Course, step: string): Promise<readonly Due[]> {
  await anew(lane, 1);
  const first: Blow = { kind: 'SIGKILL', when: 'after', at: `PUT /containers/*/archive 1 (${step})` };
  await struckOnce(lane.crew, up.words(lane.crew, lane.image), first);
  if (lane.crew.proxy.struck === undefined) throw new Error(`a run of ${up.name} has no ${step}`);
  await run(lane.crew, up.words(lane.crew, lane.image));
  return recovering(first, lane.crew.proxy.seen).map((attempt) => ({ ...attempt, way: up }));
}

function well(what: string, { code, report, stderr }: Ran): void {
  if (code === 0) return;
  throw new Error(`${what}, with no fault, ended with ${code}: ${report?.message ?? ''}\n${stderr.slice(-2_000)}`);
}
