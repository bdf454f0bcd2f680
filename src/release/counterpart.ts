import type { Engine } from '../engines/engine.js';
import { readImage } from './image.js';
import type { ImageRelease } from './release.js';
import type { Toolbox } from './toolbox.js';

/** A release in an image, and where it is read. */
export interface Counterpart {
  readonly workshop: Toolbox;
  readonly next: ImageRelease;
}

/**
 * The release in an image that may take the place of one that runs: an image may hold several, each started by a command of
 * its own. It is that of the same name and directory, else that of the name, else that in the directory, else the image's own.
 */
export async function counterpart(
  { engine, workshop, next }: Counterpart & { readonly engine: Engine },
  /** What runs: the names that its release may have (none if unknown), and its directory. */
  { names, root }: { readonly names: readonly string[]; readonly root?: string | undefined },
  /** Reads each of them once. */
  read: (root: string, read: () => Promise<Counterpart>) => Promise<Counterpart>,
): Promise<Counterpart> {
  const isNamed = ({ name }: { readonly name: string }) => names.length === 0 || names.includes(name);
  if (root === undefined || (isNamed(next) && root === next.root)) {
    return { workshop, next };
  }
  const all = await workshop.releases();
  const found =
    all.find((each) => isNamed(each) && each.root === root) ??
    (isNamed(next) ? undefined : (all.find(isNamed) ?? all.find((each) => each.root === root)));
  if (found === undefined || found.root === next.root) {
    return { workshop, next };
  }
  return await read(found.root, async () => {
    const other = await workshop.at(found.root);
    return { workshop: other, next: await readImage(engine, other) };
  });
}
