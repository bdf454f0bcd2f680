import { createHash } from 'node:crypto';
import type { Engine } from '../../engines/engine.js';

/** Of those that a run makes at the same time each lends the name for itself. */
const turns = new WeakMap<Engine, Map<string, Promise<unknown>>>();

/**
 * The engine for making containers of an image whose name still means what ran before: it means the new image as long as the
 * container is created, since the engine writes down the words by which it was asked, and a digest tells people nothing. Should
 * the run be killed meanwhile, the next one gives the name back.
 */
export function lending(engine: Engine, image: { readonly reference: string; readonly id: string }): Engine {
  return {
    ...engine,
    createContainer: async (name, spec) => {
      if (spec['Image'] !== image.id || image.reference === image.id) return await engine.createContainer(name, spec);
      const own = turns.get(engine) ?? new Map<string, Promise<unknown>>();
      turns.set(engine, own);
      const turn = (own.get(image.reference) ?? Promise.resolve()).then(() =>
        underName(engine, image, (Image) => engine.createContainer(name, { ...spec, Image })),
      );
      own.set(
        image.reference,
        turn.catch(() => undefined),
      );
      return await turn;
    },
  };
}

async function underName<T>(
  engine: Engine,
  { reference, id }: { readonly reference: string; readonly id: string },
  work: (name: string) => Promise<T>,
): Promise<T> {
  const [before, lent] = [await engine.findImage(reference), await engine.findImage(markOf(reference))];
  if (before?.Id === id) return await work(reference);
  // A name that nobody has yet is given after the success; of one that somebody else lends the return would be wrong.
  if (before === undefined || lent !== undefined) return await work(id);
  await engine.tagImage(before.Id, markOf(reference));
  try {
    await engine.tagImage(id, reference);
    return await work(reference);
  } finally {
    await giveBack(engine, reference);
  }
}

/** The name means again what it meant before it was lent, if it was. */
export async function giveBack(engine: Engine, reference: string): Promise<void> {
  const before = await engine.findImage(markOf(reference));
  if (before === undefined) return;
  await engine.tagImage(before.Id, reference);
  await engine.untagImage(markOf(reference));
}

const markOf = (reference: string) =>
  `hot-deploy-lent:${createHash('sha256').update(reference).digest('hex').slice(0, 32)}`;
