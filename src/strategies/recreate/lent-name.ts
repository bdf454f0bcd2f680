import { createHash } from 'node:crypto';
import type { Engine } from '../../engines/engine.js';
import type { Log } from '../../system/log.js';

interface Borrower {
  readonly reference: string;
  readonly id: string;
}

/** Of those that a run makes at the same time each lends the name for itself. */
const turns = new WeakMap<Engine, Map<string, Promise<unknown>>>();

/**
 * The engine for making containers of an image whose name still means what ran before: it means the new image as long as the
 * container is created, since the engine writes down the words by which it was asked, and a digest tells people nothing. Should
 * the run be killed meanwhile, the next one gives the name back.
 */
export function lending(engine: Engine, image: Borrower, log: Log): Engine {
  return {
    ...engine,
    createContainer: async (name, spec) => {
      if (spec['Image'] !== image.id || image.reference === image.id) return await engine.createContainer(name, spec);
      const own = turns.get(engine) ?? new Map<string, Promise<unknown>>();
      turns.set(engine, own);
      const turn = (own.get(image.reference) ?? Promise.resolve()).then(() =>
        underName(engine, image, log, (Image) => engine.createContainer(name, { ...spec, Image })),
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
  { reference, id }: Borrower,
  log: Log,
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
    await giveBack(engine, reference, { log, isBorrower: (image) => image === id });
  }
}

/**
 * The name means again what it meant before it was lent, if it was: but where it means something else than what it was lent to,
 * somebody has moved it since, and it is theirs.
 */
export async function giveBack(
  engine: Engine,
  reference: string,
  { log, isBorrower }: { readonly log: Log; readonly isBorrower: (image: string) => boolean },
): Promise<void> {
  const [before, now] = [await engine.findImage(markOf(reference)), await engine.findImage(reference)];
  if (before === undefined) return;
  if (now !== undefined && isBorrower(now.Id)) await engine.tagImage(before.Id, reference);
  // Not the mark either: it may be the last name of its image.
  else if (now?.Id !== before.Id)
    return log.warning(
      `${reference} was left where it is: somebody else has moved it during a run of hot-deploy. Before, it meant ${before.Id}: docker rmi ${markOf(reference)} forgets that.`,
    );
  await engine.untagImage(markOf(reference));
}

const markOf = (reference: string) =>
  `hot-deploy-lent:${createHash('sha256').update(reference).digest('hex').slice(0, 32)}`;
