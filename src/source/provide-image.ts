import type { Inputs } from '../config/inputs.js';
import { buildImage } from '../engines/build.js';
import type { ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { Refusal } from '../reasons/refusal.js';
import { revisionLabel } from '../release/revision.js';
import type { Log } from '../system/log.js';
import { isCheckedOut } from './checkout.js';
import { notBuilt } from './not-built.js';

export interface ProvidedImage {
  /** The name that is moved to it after success. */
  readonly reference: string;
  readonly id: string;
  readonly details: ImageDetails;
  /** What the name stood for before, if anything. */
  readonly previousId?: string;
}

/** Builds the image without giving it its name, or finds the one that exists. */
export async function provideImage(
  engine: Engine,
  { image: reference, build, context }: Inputs,
  world: { readonly log: Log; readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<ProvidedImage> {
  if (reference === undefined) {
    throw new Refusal('`image` is missing: name the image to deploy.');
  }
  const previous = await engine.findImage(reference);
  if (build === undefined) {
    if (previous === undefined) {
      throw new Refusal(
        `The engine has no image ${reference}, and \`build\` is false. Pull it first, or let it be built.`,
      );
    }
    return { reference, id: previous.Id, details: previous };
  }
  const { dockerfile, args, target } = build;
  const { GITHUB_SHA: commit } = world.environment;
  // A rollback to the image and the next plan find it by its label.
  const isOf = commit && (await isCheckedOut(context, commit, world.environment));
  const labels = isOf ? { [revisionLabel]: commit } : {};
  const id = await buildImage(
    engine,
    { context, buildArgs: args, labels, ...(dockerfile && { dockerfile }), ...(target && { target }) },
    world,
  ).catch((error: unknown) => {
    throw notBuilt(error);
  });
  const details = await engine.findImage(id);
  if (details === undefined) {
    throw new Refusal(`The image ${id} was built, and the engine does not have it.`);
  }
  return { reference, id, details, ...(previous && { previousId: previous.Id }) };
}
