import type { Engine } from '../docker/engine.js';
import type { Clock } from '../log.js';
import type { Node } from '../node/node.js';
import type { Facts } from './facts.js';
import { bootIsolated, createIsolated, type Isolated } from './isolation.js';

/** What a cold boot of the new image in this container's place comes up as. */
export type ColdBoot =
  | { readonly kind: 'booted'; readonly facts: Facts; readonly salt: string; readonly ms: number }
  | { readonly kind: 'failed'; readonly why: string; readonly ended?: true };

/**
 * Boots an image once as the container would, and reads what it has made of itself: only a boot knows the children of a
 * supervisor without callback module, and what start functions register and set.
 */
export async function coldBoot(
  engine: Engine,
  isolated: Isolated,
  salt: string,
  clock: Clock,
  /** Asked of the node before it goes. */
  meanwhile: (node: Node) => Promise<void> = async () => undefined,
): Promise<ColdBoot> {
  const started = clock.now();
  const id = await createIsolated(engine, 'cold-boot', isolated);
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
