import { posix } from 'node:path';
import type { Engine } from '../engines/engine.js';
import { journalDirectory } from '../journal/journal.js';

// Only files that are called as those of a journal; the directory goes if nothing else is in it.
const script = 'cd "$1" && rm -f [0-9][0-9][0-9][0-9][0-9][0-9]-*.json .next && cd .. && rmdir "$2"';

/** @throws Error if it is not gone */
export async function removeJournal(engine: Engine, container: string, root: string): Promise<void> {
  const directory = posix.join(root, journalDirectory);
  const argv = ['sh', '-c', script, 'hot-deploy', directory, posix.basename(directory)];
  const { stderr } = await engine.exec(container, { argv, user: '0:0', timeoutMs: 30_000 });
  if ((await engine.stat(container, directory)) !== undefined) {
    throw new Error(`${directory} could not be removed: ${stderr.toString('utf8').trim().slice(0, 300)}`);
  }
}
