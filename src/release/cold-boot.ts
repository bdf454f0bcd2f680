import type { Engine } from '../engines/engine.js';
import type { Node } from '../node/node.js';
import type { Clock } from '../system/log.js';
import { confinement } from './confinement.js';
import { type Contents, type Facts, readContents } from './facts.js';
import { bootIsolated, createIsolated, type Isolated } from './isolation.js';
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
  const boot = () => bootAndRead(engine, { ...isolated, create }, salt, clock);
  const { container, image, environment, network } = isolated;
  const { Env, Cmd, Entrypoint, Hostname } = container.Config;
  const key = JSON.stringify([
    ...[salt, image.Id, environment, network, Env, Cmd, Entrypoint, Hostname],
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
): Promise<ColdBoot> {
  let contents: Contents | undefined;
  const came = await bootOnce(engine, isolated, salt, clock, async (node) => {
    contents = await readContents(node, salt);
  });
  return came.kind === 'booted' && contents !== undefined ? { ...came, facts: { ...came.facts, contents } } : came;
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
