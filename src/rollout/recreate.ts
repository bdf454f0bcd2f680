import { EngineError } from '../docker/call.js';
import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Engine } from '../docker/engine.js';
import { following } from '../docker/following.js';
import { recreation } from '../docker/recreation.js';
import { differingSettings, settings } from '../docker/settings.js';
import type { Clock, Log } from '../log.js';
import { awaitHealth } from './health.js';
import { create, referenceTo } from './recreate-create.js';
import { guard } from './recreate-guard.js';
import { copyInjected } from './recreate-injected.js';
import { namesFor } from './recreate-names.js';
import { neighbours } from './recreate-neighbours.js';
import { awaitRemoval } from './recreate-removal.js';
import { type Begun, restore, whatIsLeft } from './recreate-restore.js';

export interface RecreateOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** How long the new container, and the old one after a failure, may take to become healthy. */
  readonly healthTimeoutMs: number;
  /** `create`, `stop`, `rename`, `start`, `health`, `remove`; `restore` after a failure. */
  readonly onPhase: (name: string, ms: number) => void;
  /** The new ids of containers that were re-created before, by their old ones. */
  readonly replaced?: ReadonlyMap<string, string>;
}

export type Recreated =
  /** The new container serves under the old one's name. */
  | {
      readonly kind: 'recreated';
      readonly id: string;
      /** The names of settings that are not as they were; undefined where they could not be read. */
      readonly settings: { readonly equal: boolean; readonly differing: readonly string[] } | undefined;
      readonly warnings: readonly string[];
    }
  /** The old container was never stopped. */
  | { readonly kind: 'untouched'; readonly why: string }
  /** The new container failed and is gone; the old one serves again. */
  | { readonly kind: 'restored'; readonly id: string; readonly why: string }
  /** A person must look. */
  | { readonly kind: 'failed'; readonly why: string; readonly state: string };

/**
 * Puts a container on another image in the old one's place, with everything the user set. What can fail without harm comes
 * first; between `stop` and `start` nothing serves, and only two renames happen. The old container is kept until the
 * new one is healthy, so the way back is to start it again.
 */
export async function recreate(
  engine: Engine,
  container: ContainerDetails,
  oldImage: ImageDetails,
  newImage: { readonly reference: string; readonly id: string },
  options: RecreateOptions,
): Promise<Recreated> {
  const { clock, healthTimeoutMs } = options;
  const phase = phases(options);
  const old = following(container, options.replaced ?? new Map());
  const names = namesFor(old);
  let begun: Begun;
  let image: ImageDetails;
  let warnings: readonly string[];
  try {
    await guard(engine, old);
    image = await imageOf(engine, newImage.id);
    const plan = recreation(old, oldImage, await referenceTo(engine, newImage), newImage.id);
    warnings = [...plan.warnings, ...(await neighbours(engine, old))];
    const furnish = (id: string) => copyInjected(engine, old, id);
    const fresh = await phase('create', () => create(engine, names.fresh, plan, newImage.id, furnish));
    begun = { old, oldImage, names, fresh };
  } catch (error) {
    return { kind: 'untouched', why: messageOf(error) };
  }

  const { fresh } = begun;
  try {
    await phase('stop', () => stop(engine, old, clock));
    await phase('rename', async () => {
      if (!old.HostConfig.AutoRemove) await engine.renameContainer(old.Id, names.old);
      await engine.renameContainer(fresh, names.own);
    });
    await phase('start', () => engine.startContainer(fresh));
    const health = await phase('health', () => awaitHealth(engine, fresh, clock, healthTimeoutMs));
    if (health.kind === 'failed') throw new Error(`The new ${names.own} did not come up: ${health.why}`);
  } catch (error) {
    return phase('restore', () => goBack(engine, begun, options, messageOf(error)));
  }

  const compared = await compare(engine, { old, oldImage, fresh, image });
  const leftOver = await phase('remove', () => removeOld(engine, begun));
  return { kind: 'recreated', id: fresh, settings: compared, warnings: [...warnings, ...leftOver] };
}

async function imageOf(engine: Engine, id: string): Promise<ImageDetails> {
  const image = await engine.findImage(id);
  if (image === undefined)
    throw new Error(`The engine at ${engine.address} has no image ${id}: build or load it there first.`);
  return image;
}

/** By the container's own stop signal and timeout. */
async function stop(engine: Engine, old: ContainerDetails, clock: Clock): Promise<void> {
  await engine.stopContainer(old.Id);
  if (old.HostConfig.AutoRemove) await awaitRemoval(engine, old, clock);
}

const breathMs = 1_000;

async function goBack(engine: Engine, begun: Begun, options: RecreateOptions, why: string): Promise<Recreated> {
  const { log, clock, healthTimeoutMs } = options;
  const once = () => restore(engine, begun, clock, healthTimeoutMs);
  log.warning(`${begun.names.own}: going back. ${why}`);
  try {
    const id = await once().catch(async (error: unknown) => {
      if (!(error instanceof EngineError)) throw error;
      // A call that failed: where it left things is asked anew, so a second try can only help.
      log.warning(`${begun.names.own}: trying once more. ${error.message}`);
      await clock.sleep(breathMs);
      return once();
    });
    return { kind: 'restored', id, why };
  } catch (error) {
    const state = `${messageOf(error)} Now: ${await whatIsLeft(engine, begun)}.`;
    return { kind: 'failed', why, state };
  }
}

async function compare(
  engine: Engine,
  { old, oldImage, fresh, image }: Pick<Begun, 'old' | 'oldImage' | 'fresh'> & { image: ImageDetails },
): Promise<{ equal: boolean; differing: readonly string[] } | undefined> {
  try {
    const after = settings(await engine.inspectContainer(fresh), image);
    const differing = differingSettings(settings(old, oldImage), after);
    return { equal: differing.length === 0, differing };
  } catch {
    // The new container serves; that it could not be read once more does not make that untrue.
    return undefined;
  }
}

/** Never with its volumes: the new container has them now. */
async function removeOld(engine: Engine, { old, names }: Begun): Promise<readonly string[]> {
  try {
    await engine.removeContainer(old.Id);
    return [];
  } catch (error) {
    return [`${names.own} serves, and the old container is left under the name ${names.old}: ${messageOf(error)}`];
  }
}

function phases({ clock, onPhase, log }: RecreateOptions) {
  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const since = clock.now();
    try {
      return await work();
    } finally {
      const ms = clock.now() - since;
      onPhase(name, ms);
      log.debug(`${name}: ${Math.round(ms)} ms`);
    }
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
