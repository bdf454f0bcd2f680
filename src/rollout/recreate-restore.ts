import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Engine } from '../docker/engine.js';
import { recreation } from '../docker/recreation.js';
import type { Clock } from '../log.js';
import { awaitHealth } from './health.js';
import { create, referenceTo } from './recreate-create.js';
import type { Names } from './recreate-names.js';
import { awaitRemoval } from './recreate-removal.js';

/** A re-creation that has begun: the new container exists, the old one may be stopped, renamed or, with --rm, gone. */
export interface Begun {
  readonly old: ContainerDetails;
  readonly oldImage: ImageDetails;
  readonly names: Names;
  /** The new container's id. */
  readonly fresh: string;
}

/**
 * Puts the old container back: the same object under its name, healthy again where it was before. How far the re-creation
 * came is asked of the engine and not remembered, since a call that failed may have been carried out all the same.
 *
 * @returns its id, which is another one only where it had --rm
 * @throws Error that says why it does not serve
 */
export async function restore(engine: Engine, begun: Begun, clock: Clock, healthTimeoutMs: number): Promise<string> {
  const { old, names, fresh } = begun;
  // Before the new one goes: while a container has them, the volumes of one that was started with --rm are kept.
  const id = (await isKept(engine, old, clock)) ? old.Id : await again(engine, begun);
  await retire(engine, fresh);

  const { Name: name, State: state } = await engine.inspectContainer(id);
  if (name !== `/${names.own}`) await engine.renameContainer(id, names.own);
  if (!state.Running) await engine.startContainer(id);
  if (!wasHealthy(old)) {
    if ((await engine.inspectContainer(id)).State.Running) return id;
    throw new Error(`${names.own} was started again and ended at once.`);
  }
  const health = await awaitHealth(engine, id, clock, healthTimeoutMs);
  if (health.kind === 'failed') throw new Error(`${names.own} was started again and did not come up: ${health.why}`);
  return id;
}

/** With --rm a container that has ended is about to be deleted, and cannot be started any more. */
async function isKept(engine: Engine, old: ContainerDetails, clock: Clock): Promise<boolean> {
  const found = await engine.findContainer(old.Id);
  if (found === undefined || found.State.Running || !old.HostConfig.AutoRemove) return found !== undefined;
  await awaitRemoval(engine, old, clock);
  return false;
}

/** What was unhealthy before cannot be waited for. */
function wasHealthy({ State: { Health: health } }: ContainerDetails): boolean {
  return health === undefined || health.Status === 'healthy' || health.Status === 'none';
}

/** The old container once more, from its own settings on its own image: all that is left where --rm removed it. */
async function again(engine: Engine, { old, oldImage, names, fresh }: Begun): Promise<string> {
  // An earlier try may have come as far as its name.
  const made = await engine.findContainer(names.own);
  if (made !== undefined && made.Id !== fresh && made.Image === old.Image) return made.Id;
  const reference = await referenceTo(engine, { reference: old.Config.Image, id: old.Image });
  return create(engine, names.old, recreation(old, oldImage, reference, old.Image), old.Image);
}

/** With the stop signal first, since it may be writing to volumes that the old one reads next. */
async function retire(engine: Engine, id: string): Promise<void> {
  try {
    await engine.stopContainer(id);
  } catch {
    // One that cannot be stopped, or never ran, is removed by force.
  }
  await engine.removeContainer(id, { force: true, volumes: true });
}

/** What is true now, for a person who has to take over. */
export async function whatIsLeft(engine: Engine, { old, names, fresh }: Begun): Promise<string> {
  try {
    const found = await Promise.all([old.Id, names.old, fresh, names.own].map((one) => engine.findContainer(one)));
    const each = new Map(found.flatMap((container) => (container === undefined ? [] : [[container.Id, container]])));
    const sentences = [...each.values()].map(({ Id: id, Name: name, State: state }) => {
      const which = id === fresh ? 'the new container' : id === old.Id ? 'the old container' : 'a container';
      return `${which} is ${state.Status} under the name ${name.replace(/^\//, '')}`;
    });
    return sentences.length === 0 ? `there is no container ${names.own}` : sentences.join('; ');
  } catch (error) {
    return `what is left of ${names.own} is unknown, since the engine does not say: ${String(error)}`;
  }
}
