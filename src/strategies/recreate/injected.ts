import { LongAnswer } from '../../engines/bounded.js';
import { Unreadable } from '../../engines/call.js';
import type { ContainerDetails } from '../../engines/details.js';
import type { Engine, FileStat } from '../../engines/engine.js';
import { type Entry, packEntries } from '../../release/archive.js';
import { takeFile } from '../../release/taken.js';

/**
 * Compose keeps a secret or config that comes from the environment, or stands in the compose file, in no mount: it copies
 * it into the container's own layer between create and start, where no inspection shows it and where a new container does
 * not have it. So those files go along.
 * https://github.com/docker/compose/blob/v2.26.1/pkg/compose/secrets.go
 */
export async function copyInjected(engine: Engine, old: ContainerDetails, fresh: string): Promise<void> {
  const copies: Entry[] = [];
  for (const path of await injected(engine, old)) {
    // What the new image brings itself is newer than what was copied once.
    if ((await engine.stat(fresh, path)) !== undefined) continue;
    const file = await takeFile(engine, old.Id, path, mostBytes);
    // With owner and permissions, and the time of now: by it the next re-creation finds it again.
    if (file !== undefined) copies.push({ ...file, path: path.slice(1), mtime: new Date() });
  }
  if (copies.length > 0) await engine.putArchive(fresh, '/', await packEntries(copies));
}

/** More files than anybody has secrets: an application that writes many is not asked about each. */
const mostFiles = 200;
const mostBytes = 1_048_576;
const createdWithinMs = 5_000;

/** The paths of read-only files of the container's own from the moment when it was created. */
export async function injected(engine: Engine, old: ContainerDetails): Promise<readonly string[]> {
  // Typed as always there, and null where a container has none.
  const labels: Record<string, string> | null = old.Config.Labels;
  if (labels?.['com.docker.compose.project'] === undefined) return [];
  const mounted = old.Mounts.map(({ Destination: target }) => target);
  const own = (await engine.added(old.Id).catch(tooMany)).filter(
    (path) => !mounted.some((target) => path === target || path.startsWith(`${target}/`)),
  );
  if (own.length > mostFiles) return [];
  const created = Date.parse(old.Created);
  const looked = await Promise.all(own.map(async (path) => ({ path, stat: await engine.stat(old.Id, path) })));
  return looked.filter(({ stat }) => stat !== undefined && isInjected(stat, created)).map(({ path }) => path);
}

/** There are more than the engine's answer may be long. */
function tooMany(error: unknown): readonly string[] {
  if (error instanceof Unreadable && error.cause instanceof LongAnswer) return [];
  throw error;
}

function isInjected({ isFile, permissions, size, modified }: FileStat, created: number): boolean {
  // The time is in whole seconds.
  const sinceCreated = modified - Math.floor(created / 1_000) * 1_000;
  return (
    isFile && (permissions & 0o222) === 0 && size <= mostBytes && sinceCreated >= 0 && sinceCreated <= createdWithinMs
  );
}
