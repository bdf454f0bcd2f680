import type { Clock } from '../../../src/system/log.js';
import type { Asked, Fate } from './server.js';
import { closeStage, newStage, type Stage } from './stage.js';

/** Runs that write at the same time, on a server of their own. */
export interface Play {
  /** What stands there before they begin. */
  prepare(stage: Stage): Promise<void>;
  /** Each as one that was begun and has its end before it, given the clock it is to sleep by. */
  runs: readonly ((stage: Stage, clock: Clock) => Promise<readonly string[]>)[];
  /** Whether whoever sleeps after a write sleeps until those have written, too, who had looked before it. */
  isPatient: boolean;
}

/** What became of it. */
export interface Ended {
  readonly stage: Stage;
  /** Which run did something, one after the other. */
  readonly order: readonly number[];
  readonly notices: readonly (readonly string[])[];
  /** How many requests each run has made. */
  readonly requests: readonly number[];
}

interface Actor {
  /** What it is about to do; undefined once it has ended. */
  next: { readonly asks?: Asked; readonly go: () => void } | undefined;
  /** Those whose writes it sleeps through. */
  awaits: Set<Actor>;
  /** All that it has come to know: what it does next depends on nothing else. */
  knows: string;
  requests: number;
  notices: readonly string[];
}

const isWrite = (asked: Asked | undefined) => asked !== undefined && asked.method !== 'GET';

/**
 * Plays all orders in which the requests of the runs can come. What has come about in another order before, with all the runs
 * knowing the same, is not played on.
 *
 * @returns how many orders were played to their end
 */
export async function everyOrder(play: Play, check: (ended: Ended) => void): Promise<number> {
  const seen = new Set<string>();
  const open: (readonly number[])[] = [[]];
  let played = 0;
  for (let beginning = open.pop(); beginning !== undefined; beginning = open.pop()) {
    const given = beginning;
    const ended = await perform(play, (able, order, state) => {
      const next = given[order.length];
      if (next !== undefined) return next;
      if (seen.has(state)) return undefined;
      seen.add(state);
      const [first, ...others] = able;
      for (const other of others) open.push([...order, other]);
      return first;
    });
    if (ended === undefined) continue;
    played += 1;
    await checked(ended, check);
  }
  return played;
}

/** Plays one order, chosen by `choose` step by step. */
export async function oneOrder(
  play: Play,
  choose: (able: readonly number[], order: readonly number[]) => number,
  check: (ended: Ended) => void,
): Promise<void> {
  const ended = await perform(play, choose);
  if (ended !== undefined) await checked(ended, check);
}

async function checked(ended: Ended, check: (ended: Ended) => void): Promise<void> {
  try {
    check(ended);
  } catch (error) {
    throw new Error(`In the order ${ended.order.join(' ')}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  } finally {
    await closeStage(ended.stage);
  }
}

/** Each long text once, and its number in its place. */
function numbering(): (texts: unknown) => string {
  const numbers = new Map<string, number>();
  const numberOf = (text: string) => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };
  return (texts) =>
    JSON.stringify(texts, (_, value) => (typeof value === 'string' && value.length > 100 ? numberOf(value) : value));
}

const inShort = numbering();

/** @param choose who is next; undefined leaves the play, which then ends in any order and is not told of */
async function perform(
  { prepare, runs, isPatient }: Play,
  choose: (able: readonly number[], order: readonly number[], state: string) => number | undefined,
): Promise<Ended | undefined> {
  const stage = await newStage();
  await prepare(stage);
  const actors: Actor[] = [];
  let isLeft = false;
  let happened = () => {};
  /** Whoever is moving; all others wait. */
  let moving: Actor | undefined;
  const wait = (asks?: Asked) =>
    isLeft
      ? Promise.resolve()
      : new Promise<void>((go) => {
          if (moving) moving.next = { go, ...(asks && { asks }) };
          happened();
        });
  stage.github.trouble = async (asked): Promise<Fate> => {
    await wait(asked);
    // Nobody goes on who may not.
    return isLeft ? { status: 401 } : undefined;
  };
  const clock: Clock = { now: () => 0, date: () => 0, sleep: () => wait() };
  const move = async (actor: Actor, start: () => void) => {
    moving = actor;
    const done = new Promise<void>((resolve) => {
      happened = resolve;
    });
    actor.next = undefined;
    start();
    await done;
  };
  const ends: Promise<void>[] = [];
  for (const run of runs) {
    const actor: Actor = { next: undefined, awaits: new Set(), knows: '', requests: 0, notices: [] };
    actors.push(actor);
    await move(actor, () => {
      const ending = run(stage, clock).then((notices) => {
        actor.notices = notices;
        happened();
      });
      ends.push(ending);
    });
  }
  const order: number[] = [];
  const { comments } = stage.github.state;
  for (;;) {
    // Nobody sees whether another one still sleeps, only what it does then.
    const awake = actors.find(({ next, awaits }) => next !== undefined && next.asks === undefined && awaits.size === 0);
    if (awake?.next !== undefined) {
      await move(awake, awake.next.go);
      continue;
    }
    const able = [...actors.keys()].filter((at) => actors[at]?.next?.asks !== undefined);
    if (able.length === 0) break;
    const state = inShort([
      comments,
      actors.map(({ knows, next, awaits }) => [
        knows,
        next?.asks ?? null,
        [...awaits].map((each) => actors.indexOf(each)),
      ]),
    ]);
    const at = choose(able, order, state);
    const actor = at === undefined ? undefined : actors[at];
    if (at === undefined || actor?.next?.asks === undefined) {
      isLeft = true;
      for (const { next } of actors) next?.go();
      await Promise.all(ends);
      await closeStage(stage);
      return undefined;
    }
    const { asks, go } = actor.next;
    order.push(at);
    actor.requests += 1;
    // A look tells all that stands there; a write whether what it is about does.
    const isThere = comments.some(({ id }) => asks.path.endsWith(`/${id}`));
    actor.knows += isWrite(asks) ? `${asks.method} ${isThere};` : `${inShort(comments)};`;
    await move(actor, go);
    if (isWrite(asks)) for (const other of actors) other.awaits.delete(actor);
    const sleeps = actor.next !== undefined && actor.next.asks === undefined;
    if (sleeps && isPatient) {
      for (const other of actors) if (other !== actor && isWrite(other.next?.asks)) actor.awaits.add(other);
    }
  }
  await Promise.all(ends);
  return {
    stage,
    order,
    notices: actors.map(({ notices }) => notices),
    requests: actors.map(({ requests }) => requests),
  };
}
