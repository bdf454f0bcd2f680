import type { Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import type { ContainerDetails } from './details.js';
import type { ContainerSummary, Engine } from './engine.js';

/** Marks containers that a run makes for itself and removes before it ends. */
export const roleLabel = 'hot-deploy.role';
/** The run that a container of ours belongs to. */
export const runLabel = 'hot-deploy.run';
/** On a container that a restart made: the full id of the one whose place it takes. */
export const replacesLabel = 'hot-deploy.replaces';
/** On the same, and on what a run makes for itself: what the environment's journal knows of it, and nobody else can. */
export const nonceLabel = 'hot-deploy.nonce';
/** On the same: the name of the image that the first one of all was made from, if that is another. */
export const referenceLabel = 'hot-deploy.reference';
/** On the same: the version that ran before, as the journal has it; for when that was pruned. */
export const fromLabel = 'hot-deploy.from';
/** The process that does. */
export const holderLabel = 'hot-deploy.holder';
/** Marks the container that is the lock of an environment. It is no throw-away: others wait for it. */
export const lockLabel = 'hot-deploy.lock';

/** What only hot-deploy says of a container: never taken over from an image or from another container. */
export const ownLabels: readonly string[] = [
  ...[roleLabel, runLabel, replacesLabel, nonceLabel, referenceLabel, fromLabel, holderLabel, lockLabel],
];

/** No run keeps one for so long: its own was killed. */
const staleMs = 2 * 3_600_000;

/** By what is known what a run makes for itself. The run has the nonce in its memory, and the journal of its lock has it. */
export interface Mark {
  readonly run: string;
  readonly nonce: string;
}

/** The engine for one run: whatever it makes for itself, or puts in the place of another, says whose it is. */
export function marking(engine: Engine, { run, nonce, holder }: Mark & { readonly holder: string }): Engine {
  return {
    ...engine,
    createContainer: (name, spec) => {
      const labels = (spec['Labels'] ?? {}) as Readonly<Record<string, string>>;
      const mark = (marks: Readonly<Record<string, string>>) =>
        engine.createContainer(name, { ...spec, Labels: { ...labels, ...marks } });
      if (roleLabel in labels) return mark({ [runLabel]: run, [nonceLabel]: nonce, [holderLabel]: holder });
      return replacesLabel in labels ? mark({ [runLabel]: run }) : engine.createContainer(name, spec);
    },
  };
}

/** Whether one of these runs has made a container for itself. */
export function isMarked({ labels }: Pick<ContainerSummary, 'labels'>, marks: readonly Mark[]): boolean {
  const isOf = ({ run, nonce }: Mark) => labels[runLabel] === run && labels[nonceLabel] === nonce;
  return roleLabel in labels && marks.some(isOf);
}

/**
 * Removes what runs that were killed have left behind, as far as a journal shows that it is theirs; the rest is named. That it
 * could not be removed is no reason against this run.
 */
export async function removeStale(
  engine: Engine,
  log: Log,
  /** Whether the process that this label names is known to have ended. */
  isGone: (holder: string) => boolean,
  /** Of all runs that the journal knows. */
  known: () => Promise<readonly Mark[]>,
): Promise<void> {
  const old = stale(await engine.containers(), isGone);
  if (old.length === 0) return;
  const marks = await known();
  for (const { names, id } of old.filter((each) => !isMarked(each, marks))) {
    const name = names[0] ?? id;
    log.info(`${name} is left alone: ${unproven(name)}`);
  }
  await remove(engine, log, old, marks);
}

export const unproven = (name: string): string =>
  `no journal shows that hot-deploy has made it: docker rm --force ${name} removes it`;

/** Removes what runs have left behind that are known to have ended, or that end now. */
export async function removeThrowAways(engine: Engine, log: Log, marks: readonly Mark[]): Promise<void> {
  await remove(engine, log, await engine.containers(), marks);
}

/** Pure part of {@link removeStale}. */
export function stale(
  containers: readonly ContainerSummary[],
  isGone: (holder: string) => boolean,
): readonly ContainerSummary[] {
  // This machine's clock may be hours ahead of the engine's, which is at least as late as the youngest of all.
  const now = Math.max(...containers.map(({ createdAt }) => createdAt));
  return containers.filter(
    ({ labels, createdAt }) => roleLabel in labels && (now - createdAt > staleMs || isGone(labels[holderLabel] ?? '')),
  );
}

/**
 * The engine on which a container has those of our labels alone that a run of ours gave it. Labels that it has from its image are
 * the image author's: they would hide the container from selectors, or have it taken for a throw-away.
 */
export function withoutInherited(engine: Engine): Engine {
  // A container keeps its labels for life.
  const known = new Map<string, Promise<Labels>>();
  const own = async ({ Id, Image, Config }: ContainerDetails): Promise<Labels> => {
    const labels: Labels = Config.Labels ?? {};
    if (!ownLabels.some((label) => label in labels)) return labels;
    const asked =
      known.get(Id) ?? engine.findImage(Image).then((image) => stripped(labels, image?.Config.Labels ?? {}));
    known.set(Id, asked);
    asked.catch(() => known.delete(Id));
    return await asked;
  };
  const labelled = async (container: ContainerDetails): Promise<ContainerDetails> => ({
    ...container,
    Config: { ...container.Config, Labels: await own(container) },
  });
  const listed = async (container: ContainerSummary): Promise<ContainerSummary> => {
    if (!ownLabels.some((label) => label in container.labels)) return container;
    const details = known.has(container.id) ? undefined : await engine.findContainer(container.id);
    const labels = details === undefined ? await known.get(container.id) : await own(details);
    return { ...container, labels: labels ?? container.labels };
  };
  return {
    ...engine,
    containers: async () => await Promise.all((await engine.containers()).map(listed)),
    inspectContainer: async (id) => await labelled(await engine.inspectContainer(id)),
    findContainer: async (id) => {
      const found = await engine.findContainer(id);
      return found && (await labelled(found));
    },
  };
}

type Labels = Readonly<Record<string, string>>;

/** Each run has its own name: one that is the image's has been copied with it. */
function stripped(labels: Labels, inherited: Labels): Labels {
  if (labels[runLabel] !== inherited[runLabel]) return labels;
  return Object.fromEntries(
    Object.entries(labels).filter(([label, value]) => !ownLabels.includes(label) || inherited[label] !== value),
  );
}

async function remove(
  engine: Engine,
  log: Log,
  among: readonly ContainerSummary[],
  marks: readonly Mark[],
): Promise<void> {
  const each = async ({ id, names }: ContainerSummary) => {
    try {
      await engine.removeContainer(id, { force: true, volumes: true });
      log.info(`removed ${names[0] ?? id}, which had been left behind`);
    } catch (error) {
      log.debug(`${names[0] ?? id}: ${messageOf(error)}`);
    }
  };
  await Promise.all(among.filter((one) => isMarked(one, marks)).map(each));
}
