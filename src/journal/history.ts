import type { ContainerDetails } from '../engines/details.js';
import type { ContainerSummary } from '../engines/engine.js';
import { nonceLabel, runLabel } from '../engines/throw-away.js';
import { type Claim, type Entry, ends, type Version } from './entry.js';

/** A run that neither came through nor went back, as far as is written down. */
export interface Unfinished {
  /** Its last entry: the step that may have been carried out, in part or not at all. */
  readonly last: Entry;
  /** Whether it had got so far that there is only forward. */
  readonly settling: boolean;
}

/** What is written down of one container. */
export function entriesOf(entries: readonly Entry[], container: string): readonly Entry[] {
  return entries.filter((entry) => entry.container === container);
}

/** Whether a container is the one that an update found, or was made or is kept for it. */
export function belongs({ id, labels }: Pick<ContainerSummary, 'id' | 'labels'>, claim: Claim): boolean {
  return id === claim.id || id === claim.kept || wasMadeFor(labels, claim);
}

/** Whether a container says what only the run could have said that has made it for this update. */
export function wasMadeFor(labels: ContainerSummary['labels'], { run, nonce }: Pick<Claim, 'run' | 'nonce'>): boolean {
  return labels[nonceLabel] === nonce && (run === undefined || labels[runLabel] === run);
}

/** The ids of containers that were put aside under this name, to be kept for a way back. */
export function idsOf(entries: readonly Entry[], container: string): ReadonlySet<string> {
  return new Set(entriesOf(entries, container).flatMap(({ id, kept }) => [id, ...(kept === undefined ? [] : [kept])]));
}

/** The run that was cut off; undefined where the last one ended. Pure, as all here: entries are in their order, and of one container. */
export function unfinished(entries: readonly Entry[]): Unfinished | undefined {
  const last = entries.at(-1);
  if (last === undefined || ends.has(last.step)) {
    return undefined;
  }
  const settling = entries.some(({ run, step }) => run === last.run && step === 'settle');
  return { last, settling };
}

/** What became of each run, oldest first. */
export function ended(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ step }) => ends.has(step));
}

/**
 * The versions that led to what runs, the one that runs last. A deploy adds one; a rollback takes away what it went back
 * from, so that a second one goes further back and not forward again to what was left behind.
 *
 * @param runs what the container runs now, whatever is written down
 */
export function lineage(entries: readonly Entry[], runs: Version): readonly Version[] {
  let line: readonly Version[] = [];
  for (const { from, to, task } of entries.filter(({ step }) => step === 'done')) {
    const upTo = reach(line, from);
    line = task === 'rollback' ? reach(upTo, to) : [...upTo, to];
  }
  return reach(line, runs);
}

/** What a container that was never deployed to runs: what it was made from, and the version that it says itself. */
export function ran({ Image: image, Config }: ContainerDetails, version: string | undefined): Version {
  const reference = Config.Image.startsWith('sha256:') ? {} : { reference: Config.Image };
  return { image, ...reference, ...(version !== undefined && { version }) };
}

/** The line as far as a version, or with it at its end. */
function reach(line: readonly Version[], version: Version): readonly Version[] {
  const at = lastOf(line, version);
  return at < 0 ? [...line, version] : line.slice(0, at + 1);
}

/**
 * Where in a line a version stands last. One version may have been built twice, so its image decides where it can; of a
 * container that was upgraded hot the image says nothing, and the version has to do.
 */
export function lastOf(line: readonly Version[], { version, image }: Version): number {
  const exact = line.findLastIndex((one) => one.image === image && one.version === version);
  if (exact >= 0) {
    return exact;
  }
  return line.findLastIndex((one) =>
    one.version === undefined || version === undefined ? one.image === image : one.version === version,
  );
}

/** All that the container ran as far as is written down, oldest first. */
export function lived(entries: readonly Entry[]): readonly Version[] {
  const done = entries.filter(({ step }) => step === 'done');
  return [...done.slice(0, 1).map(({ from }) => from), ...done.map(({ to }) => to)];
}
