import type { Engine } from '../../src/engines/engine.js';
import { type Entry, fileName } from '../../src/journal/entry.js';
import { packEntries, unpack } from '../../src/release/archive.js';

/** Containers whose disks hold the files of a ledger. */
export function disks(
  ledgers: Readonly<Record<string, readonly Entry[]>>,
): Pick<Engine, 'getArchive' | 'putArchive' | 'added'> {
  const all = new Map(
    Object.entries(ledgers).map(([container, entries]) => [
      container,
      new Map<string, Buffer>(
        entries.map((each, at) => [fileName(at + 1, each.step), Buffer.from(JSON.stringify(each))]),
      ),
    ]),
  );
  return {
    getArchive: async (container) =>
      await packEntries(
        [...(all.get(container) ?? [])].map(([name, data]) => ({
          ...{ path: `hot-deploy/${name}`, type: 'file', mode: 0o644, uid: 0, gid: 0, data },
        })),
      ),
    putArchive: async (container, _, tar) => {
      for (const { path, type, data } of await unpack(tar)) {
        if (type === 'file') all.get(container)?.set(path.split('/').at(-1) ?? '', data);
      }
    },
    added: async (container) => (all.get(container)?.size ? ['/app/releases/hot-deploy'] : []),
  };
}
