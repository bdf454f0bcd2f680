import type { ContainerDetails } from '../../engines/details.js';
import type { Engine } from '../../engines/engine.js';
import { originOf } from '../../engines/origin.js';
import { fields } from '../../engines/overrides.js';
import type { Recreation } from '../../engines/recreation.js';
import { fromLabel, nonceLabel, referenceLabel, replacesLabel } from '../../engines/throw-away.js';
import type { Claim } from '../../journal/entry.js';

/**
 * Makes the container that `recreation` describes, on all of its networks, and does not start it. Leaves nothing behind
 * when it fails.
 *
 * @param old the container whose place it is to take, if any
 * @param imageId what the container must have been made from: a tag can move between two calls
 * @param furnish what else is to be done with it before it may start
 * @returns the container's id
 */
export async function create(
  engine: Engine,
  { name, old }: { readonly name: string; readonly old?: Replaced },
  { spec, networks, disconnect }: Recreation,
  imageId: string,
  furnish?: (id: string) => Promise<void>,
): Promise<string> {
  if (old !== undefined) await makeRoom(engine, name, old.isOurs);
  const own = old && { ...fields(spec['Labels']), ...labelsOf(old) };
  const id = await engine.createContainer(name, { ...spec, ...(own && { Labels: own }) });
  try {
    for (const { network, settings } of networks) await engine.connectNetwork(network, id, settings);
    for (const network of disconnect) await engine.disconnectNetwork(network, id);
    const { Image: image } = await engine.inspectContainer(id);
    if (image !== imageId)
      throw new Error(`${spec['Image']} is ${image} now and not ${imageId}: somebody moved the tag.`);
    await furnish?.(id);
    return id;
  } catch (cause) {
    await engine.removeContainer(id, { force: true, volumes: true }).catch((error: unknown) => {
      throw new Error(`${String(cause)} And ${name} is left, since it could not be removed: ${String(error)}`, {
        cause,
      });
    });
    throw cause;
  }
}

/** The container whose place is to be taken, and the nonce of the restart. */
export interface Replaced {
  readonly container: ContainerDetails;
  readonly claim: Claim;
  /** Whether these labels are of what a restart of this container has made. */
  readonly isOurs: (labels: Readonly<Record<string, string>>) => boolean;
}

function labelsOf({ container, claim: { nonce, from } }: Replaced): Readonly<Record<string, string>> {
  const origin = originOf(container);
  return {
    ...{ [replacesLabel]: container.Id, [nonceLabel]: nonce },
    ...(origin !== undefined && { [referenceLabel]: origin }),
    ...(from !== undefined && { [fromLabel]: JSON.stringify(from) }),
  };
}

/** The user's own name for an image where it means that image, else its id: a tag moves only after a success. */
export async function referenceTo(engine: Engine, image: { reference: string; id: string }): Promise<string> {
  const named = await engine.findImage(image.reference);
  return named?.Id === image.id ? image.reference : image.id;
}

/** A call that was made after all leaves a container which was never started. Any other is somebody's. */
async function makeRoom(engine: Engine, name: string, isOurs: Replaced['isOurs']): Promise<void> {
  const found = await engine.findContainer(name);
  if (found === undefined) return;
  const { Status: status } = found.State;
  const ours = isOurs(found.Config.Labels ?? {});
  if (status !== 'created' || !ours) {
    const which = ours ? `that is ${status}` : 'that hot-deploy has not made';
    throw new Error(
      `The name ${name} is needed, and a container has it ${which}: look at it, then remove or rename it.`,
    );
  }
  await engine.removeContainer(found.Id, { volumes: true });
}
