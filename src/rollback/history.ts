import { posix } from 'node:path';
import { ifReadable, Unreadable } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Version } from '../journal/entry.js';
import { lineage, lived, ran } from '../journal/history.js';
import { readJournal, rootOnDisk } from '../journal/journal.js';
import { Refusal } from '../reasons/refusal.js';
import { bootedVersion, type Hints, type Reading, readRunning } from '../release/running.js';
import { takeFile } from '../release/taken.js';
import { keptContainers } from '../strategies/recreate/kept.js';
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
 * Reads what a container ran before, from its own ledger and from the containers that were kept. Changes nothing.
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
  const root = rootOf(reading) ?? (await rootOnDisk(engine, container.Id));
  const entries =
    root === undefined ? [] : await readJournal(engine, { container: container.Id, root }).catch(unread(name));
  const earlier = root === undefined ? [] : await keptOf(engine, name, root);
  const version = stopped && root !== undefined ? await boots(engine, container.Id, root) : runs(reading);
  const line = lineage(entries, ran(container, version));
  const kept = earlier.toReversed().map(({ ran }) => ran);
  return { name, container, reading, earlier, line, lived: lived(entries), kept, ...(root !== undefined && { root }) };
}

function unread(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Unreadable)) throw error;
    throw new Refusal(
      `What ran before in ${name} cannot be read. ${error.message} Deploy the image that is meant instead.`,
      {
        cause: error,
      },
    );
  };
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

async function keptOf(engine: Engine, name: string, root: string): Promise<readonly Kept[]> {
  return await Promise.all(
    (await keptContainers(engine, name)).map(async (container) => {
      const version = await boots(engine, container.Id, root);
      // What it was made from is known all the same.
      const entries = await readJournal(engine, { container: container.Id, root }).catch(ifReadable);
      const own = ran(container, version);
      return { container, ran: lineage(entries ?? [], own).at(-1) ?? own };
    }),
  );
}

/** The version that a stopped container boots, by what release_handler left for the start script. */
async function boots(engine: Engine, container: string, root: string): Promise<string | undefined> {
  const file = await takeFile(engine, container, posix.join(root, 'releases/start_erl.data')).catch(ifReadable);
  return file?.data.toString('utf8').trim().split(/\s+/)[1];
}
