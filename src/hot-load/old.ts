import type { Engine } from '../engines/engine.js';
import { type Entry, packEntries } from '../release/archive.js';
import { type Change, exchanged } from '../release/compare.js';
import { consolidatedOf, isOfDistillery } from '../release/distillery.js';
import { oldRoot } from '../release/modules.js';
import type { RunningRelease } from '../release/release.js';
import { takeFolder } from '../release/taken.js';
import type { Toolbox } from '../release/toolbox.js';
import { inTurn } from '../system/in-turn.js';

/**
 * Works on what only the running release has, in the workshop: the applications that change, its .rel file, and its consolidated
 * protocols. They come from the container, never from a rebuilt image: a relup describes the way from what really runs.
 */
export async function withOld<T>(
  engine: Engine,
  container: string,
  workshop: Toolbox,
  { running, change }: { readonly running: RunningRelease; readonly change: Change },
  work: () => Promise<T>,
): Promise<T> {
  const key = `${container} ${running.version}`;
  return await workshop.withOld(key, () => bring(engine, container, workshop, running, change), work);
}

async function bring(
  engine: Engine,
  container: string,
  workshop: Toolbox,
  running: RunningRelease,
  change: Change,
): Promise<void> {
  const gone = change.applications.removed.map(({ name, version }) => ({
    name,
    from: version,
    fromDirectory: running.applications.find((application) => application.name === name)?.directory ?? '',
  }));
  const applications = await inTurn([...exchanged(change), ...gone], async ({ name, from, fromDirectory }) =>
    moved(await takeFolder(engine, container, fromDirectory), `${relative(oldRoot)}/lib/${name}-${from}`),
  );
  const own = `releases/${running.version}`;
  const taken = async (from: string, to: string) =>
    moved(await takeFolder(engine, container, `${running.root}/${from}`), `${relative(oldRoot)}/${to}`);
  const settings = await taken(own, own);
  const apart = isOfDistillery(running) ? await taken(consolidatedOf(running), `${own}/consolidated`) : [];
  const rel = [...settings, ...apart].filter(
    ({ path }) => path.endsWith('.rel') || /\/consolidated(\/[^/]+\.beam)?$/.test(path),
  );
  await workshop.put(
    '/',
    await packEntries([...parents(`${oldRoot}/releases/${running.version}`), ...applications.flat(), ...rel]),
  );
}

// The Engine names entries after the directory it was asked for; they go below another.
function moved(entries: readonly Entry[] = [], to: string): readonly Entry[] {
  return entries.map((entry) => ({ ...entry, path: [to, ...entry.path.split('/').slice(1)].join('/') }));
}

function relative(path: string): string {
  return path.replace(/^\//, '');
}

/** Entries for a directory and all above it. */
export function parents(path: string): readonly Entry[] {
  const names = relative(path).split('/');
  return names.map((_, at) => ({
    path: names.slice(0, at + 1).join('/'),
    type: 'directory',
    mode: 0o755,
    uid: 0,
    gid: 0,
    data: Buffer.alloc(0),
  }));
}
