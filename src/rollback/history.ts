import { posix } from 'node:path';
import { ifReadable } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { fromLabel } from '../engines/throw-away.js';
import { type Entry, readFrom, type Version } from '../journal/entry.js';
import { entriesOf, idsOf, lineage, lived, ran } from '../journal/history.js';
import { readJournals } from '../journal/journal.js';
import { Refusal } from '../reasons/refusal.js';
import { bootedVersion, type Hints, type Reading, readRunning } from '../release/running.js';
import { takeFile } from '../release/taken.js';
import { keptContainers } from '../targets/kept.js';
import type { History } from './find-version.js';

/** An earlier container under another name, stopped: to go back is to start it again. */
export interface Kept {
  readonly container: ContainerDetails;
  /** What it boots. */
  readonly ran: Version;
}

/** One container, what it runs, and all that is left of what it ran before. */
export interface TargetHistory extends History {
  readonly container: ContainerDetails;
  readonly reading: Reading | { readonly kind: 'stopped' };
  /** Where its release lies; absent where that is unknown. */
  readonly root?: string;
  /** Newest first. */
  readonly earlier: readonly Kept[];
}

/**
 * Reads what a container ran before, from the journal and from the containers that were kept. Changes nothing.
 *
 * @throws Refusal where nothing can be asked of it although it has not ended
 */
export async function readHistory(engine: Engine, container: ContainerDetails, hints: Hints): Promise<TargetHistory> {
  const name = nameOf(container);
  if (container.State.Paused) {
    throw new Refusal(`${name} is paused, so nobody can ask what it runs. Let it go on first: docker unpause ${name}`);
  }
  // What goes back has often ended, or does so again and again.
  const stopped = !container.State.Running || container.State.Restarting;
  const reading = stopped ? ({ kind: 'stopped' } as const) : await readRunning(engine, container, hints);
  const entries = entriesOf(await readJournals(engine), name);
  const root = rootOf(reading) ?? entries.findLast((entry) => entry.root !== undefined)?.root;
  const earlier = root === undefined ? [] : await keptOf(engine, { name, root, entries });
  const version = stopped && root !== undefined ? await boots(engine, container.Id, root) : runs(reading);
  const before = entries.length > 0 ? undefined : readFrom(container.Config.Labels?.[fromLabel]);
  const runsNow = ran(container, version);
  // Of a journal that was pruned the label of the container is left.
  const line = before === undefined ? lineage(entries, runsNow) : [before, runsNow];
  const kept = earlier.toReversed().map(({ ran }) => ran);
  return { name, container, reading, earlier, line, lived: lived(entries), kept, ...(root !== undefined && { root }) };
}

/**
 * The container that is kept of what is gone back to. Of two builds of one version the image tells which is meant: what was
 * just left may have been another build of the same, and was kept last.
 */
export function keptAs(earlier: readonly Kept[], { version, image }: Version): Kept | undefined {
  return earlier.find(({ ran }) => ran.version === version && ran.image === image);
}

function rootOf(reading: TargetHistory['reading']): string | undefined {
  if (reading.kind === 'running') return reading.release.root;
  return 'vm' in reading ? reading.vm.root : undefined;
}

function runs(reading: TargetHistory['reading']): string | undefined {
  if (reading.kind === 'running') return reading.release.version;
  return 'vm' in reading ? bootedVersion(reading.vm) : undefined;
}

async function keptOf(
  engine: Engine,
  { name, root, entries }: { readonly name: string; readonly root: string; readonly entries: readonly Entry[] },
): Promise<readonly Kept[]> {
  const ids = idsOf(entries, name);
  return await Promise.all(
    (await keptContainers(engine, name, (id) => ids.has(id))).map(async (container) => {
      const version = await boots(engine, container.Id, root);
      const left = entries.findLast(({ id, step }) => id === container.Id && step === 'done')?.from;
      return { container, ran: left !== undefined && left.version === version ? left : ran(container, version) };
    }),
  );
}

/** The version that a stopped container boots, by what release_handler left for the start script. */
async function boots(engine: Engine, container: string, root: string): Promise<string | undefined> {
  const file = await takeFile(engine, container, posix.join(root, 'releases/start_erl.data')).catch(ifReadable);
  return file?.data.toString('utf8').trim().split(/\s+/)[1];
}
