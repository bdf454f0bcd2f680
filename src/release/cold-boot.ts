import type { Engine } from '../engines/engine.js';
import type { Node } from '../node/node.js';
import type { Clock } from '../system/log.js';
import { confinement } from './confinement.js';
import { type Facts, readContents, readFacts } from './facts.js';
import { bootIsolated, createIsolated, type Isolated, keyOf } from './isolation.js';
import { factsWithoutNoiseOf, steadyFacts } from './steady-facts.js';

/** What a cold boot of an image in this container's place comes up as. */
export type ColdBoot =
  | {
      readonly kind: 'booted';
      /** What two boots of it agree on. */
      readonly facts: Facts;
      readonly salt: string;
      readonly ms: number;
    }
  | { readonly kind: 'failed'; readonly why: string; readonly ended?: true };

/** Facts of earlier boots by what was booted: they tell its noise. */
const seen = new Map<string, Facts>();

/**
 * Boots a release twice, each time in a container of its own, and answers what both boots agree on: only a boot knows the
 * children of a supervisor without callback module, and what start functions register and set; and only a second one tells
 * what is another value in each boot. That is remembered by image: later calls of this process boot it once.
 */
export async function coldBoot(engine: Engine, isolated: Isolated, salt: string, clock: Clock): Promise<ColdBoot> {
  const create = () => createIsolated(engine, 'cold-boot', isolated);
  const turn = secondsApart(clock);
  const boot = () => bootAndRead(engine, { ...isolated, create }, salt, clock, turn);
  const { container, image, environment, network, build } = isolated;
  const { Env, Cmd, Entrypoint, Hostname } = container.Config;
  const key = JSON.stringify([
    ...[salt, image.Id, build?.version, environment, network, Env, Cmd, Entrypoint, Hostname],
    confinement(container),
  ]);
  const known = seen.get(key);
  const [first, second] = await Promise.all([boot(), known === undefined ? boot() : undefined]);
  if (first.kind === 'failed') {
    return first;
  }
  if (second?.kind === 'failed') {
    return second;
  }
  const facts =
    second !== undefined
      ? steadyFacts(first.facts, second.facts)
      : known !== undefined
        ? factsWithoutNoiseOf(first.facts, known)
        : first.facts;
  seen.set(key, facts);
  return { ...first, facts };
}

/** Boots it once, and reads what it has made of itself, its tables too. */
export async function bootAndRead(
  engine: Engine,
  isolated: Isolated & { readonly create: () => Promise<string> },
  salt: string,
  clock: Clock,
  turn: Turn = (read) => read(false),
): Promise<ColdBoot> {
  let found: Partial<Facts> = {};
  const given = isolated.environment.map(keyOf);
  const came = await bootOnce(engine, isolated, salt, clock, (node) =>
    turn(async (waited) => {
      found = waited ? await readFacts(node, salt, given) : { contents: await readContents(node, salt) };
    }),
  );
  return came.kind === 'booted' ? { ...came, facts: { ...came.facts, ...found } } : came;
}

type Turn = (read: (waited: boolean) => Promise<void>) => Promise<void>;

const secondMs = 1_100;

/**
 * Lets the readers in one after the other, each in a later second than the one before: of what is written with the time, such as
 * the date header that a web server keeps, two boots that are read in the same second would agree.
 */
export function secondsApart(clock: Pick<Clock, 'now' | 'sleep'>): Turn {
  let before: Promise<unknown> = Promise.resolve();
  let last: number | undefined;
  return async (read) => {
    const mine = before.then(async () => {
      if (last !== undefined) await clock.sleep(Math.max(0, last + secondMs - clock.now()));
      await read(last !== undefined);
      last = clock.now();
    });
    before = mine.catch(() => undefined);
    await mine;
  };
}

/** Boots it once, and reads what it has made of itself; `meanwhile` is asked of the node before it goes. */
export async function bootOnce(
  engine: Engine,
  { create, ...isolated }: Isolated & { readonly create: () => Promise<string> },
  salt: string,
  clock: Clock,
  meanwhile: (node: Node) => Promise<void> = async () => undefined,
): Promise<ColdBoot> {
  const started = clock.now();
  const id = await create();
  try {
    const booted = await bootIsolated(engine, id, isolated, salt, clock);
    if (booted.kind === 'failed') {
      return booted;
    }
    const ms = clock.now() - started;
    await meanwhile(booted.node);
    return { kind: 'booted', facts: booted.facts, salt, ms };
  } finally {
    await engine.removeContainer(id, { force: true, volumes: true });
  }
}
