import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { packEntries } from './archive.js';
import { ownLibrary } from './distillery.js';
import { createIsolated, type Isolated } from './isolation.js';
import type { RunningRelease } from './release.js';
import { takeFile, takeFolder } from './taken.js';

/**
 * Creates a container that boots what a container runs now, earlier hot upgrades included, and reaches nothing. It is not
 * started yet.
 *
 * @returns its id
 */
export async function createRehearsalContainer(
  engine: Engine,
  { build: _, ...isolated }: Omit<Isolated, 'image'>,
  running: RunningRelease,
  /** Below the root, what earlier releases have in it that it is to go back to. */
  earlier: readonly string[] = [],
): Promise<string> {
  const id = await createIsolated(engine, 'rehearsal', { ...isolated, image: isolated.oldImage });
  try {
    await bringUpgrades(engine, isolated.container, id, running, earlier);
    return id;
  } catch (error) {
    await engine.removeContainer(id, { force: true, volumes: true });
    throw error;
  }
}

/**
 * What earlier hot upgrades made permanent lies in the container's own layer: the version that boots, its applications, and
 * of relx's releases the start script. Nothing else of that layer is copied, since it is the application's data.
 */
async function bringUpgrades(
  engine: Engine,
  { Id: from }: ContainerDetails,
  to: string,
  running: RunningRelease,
  earlier: readonly string[],
): Promise<void> {
  const { root, applications } = running;
  const booted = `${root}/releases/start_erl.data`;
  const [here, there] = await Promise.all([content(engine, from, booted), content(engine, to, booted)]);
  if (here === there && earlier.length === 0) {
    return;
  }
  const below = [
    ...applications.flatMap(({ directory }) => (directory?.startsWith(`${root}/lib/`) ? [directory] : [])),
    ...[...earlier.filter((path) => path.startsWith('lib/')), ...[ownLibrary(running) ?? []].flat()].map(
      (path) => `${root}/${path}`,
    ),
  ];
  const missing = await Promise.all(
    [...new Set(below)].map(async (directory) => ((await engine.stat(to, directory)) === undefined ? [directory] : [])),
  );
  for (const path of [`${root}/releases`, `${root}/bin`, ...missing.flat()]) {
    const entries = await takeFolder(engine, from, path);
    if (entries !== undefined) {
      await engine.putArchive(to, path.slice(0, path.lastIndexOf('/')) || '/', await packEntries(entries));
    }
  }
}

async function content(engine: Engine, container: string, path: string): Promise<string | undefined> {
  return (await takeFile(engine, container, path))?.data.toString('utf8').trim();
}
