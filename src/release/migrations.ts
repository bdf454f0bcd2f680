import { atom, map, text, tuple } from '../node/term.js';
import { type Is, isText, listOf, membersOf } from '../system/shape.js';
import type { FileDigests, ImageRelease, RunningRelease } from './release.js';
import type { Toolbox } from './toolbox.js';

/** Who runs migrations when the new release starts, by its beams. */
export interface Migrators {
  /** Modules that have to do with Ecto's migrator. */
  readonly runners: readonly string[];
  /** Applications whose start leads to one of them. */
  readonly starters: readonly { readonly application: string; readonly module: string; readonly migrator: string }[];
}

/**
 * Migrations that the new release brings and the old one does not have, as paths below the root. A changed file is none:
 * migrators know a migration by its number and run it once.
 *
 * @param old files of the release that runs, and the versions of its applications; all that lie there where these are unknown
 */
export function newMigrations(
  old: { readonly files: FileDigests; readonly applications?: Pick<RunningRelease, 'applications'>['applications'] },
  next: Pick<ImageRelease, 'applications' | 'files'>,
): readonly string[] {
  const versions = old.applications && new Set(old.applications.map(({ name, version }) => `${name}-${version}`));
  const known = new Set(
    Object.keys(old.files)
      .flatMap(migration)
      .flatMap(({ directory, key }) => (versions === undefined || versions.has(directory) ? [key] : [])),
  );
  const brought = new Set(next.applications.map(({ name, version }) => `${name}-${version}`));
  return Object.keys(next.files)
    .flatMap(migration)
    .filter(({ directory, key }) => brought.has(directory) && !known.has(key))
    .map(({ path }) => path)
    .sort();
}

/** `lib/shop-1.0.0/priv/repo/migrations/20260101_add_labels.exs`, known by application, folder and number. */
function migration(
  path: string,
): readonly { readonly path: string; readonly directory: string; readonly key: string }[] {
  const [, directory = '', folder = '', file = ''] =
    /^lib\/([^/]+)\/(priv\/(?:[^/]+\/)*?[^/]*migrations(?:\/[^/]+)*)\/([^/]+)$/.exec(path) ?? [];
  if (file === '' || file.startsWith('.') || /\.(md|txt)$/i.test(file)) return [];
  const number = /^\d+(?=_)/.exec(file)?.[0];
  return [{ path, directory, key: `${directory.replace(/-[^-]*$/, '')} ${folder} ${number ?? file}` }];
}

export async function readMigrators(workshop: Toolbox, { applications }: ImageRelease): Promise<Migrators> {
  const argument = map({
    applications: applications.map(({ name, directory }) => tuple(atom(name), text(directory))),
  });
  return await workshop.ask({ module: 'hot_deploy_migrations', function: 'read', argument }, isMigrators);
}

const isMigrators: Is<Migrators> = membersOf({
  runners: listOf(isText),
  starters: listOf(membersOf({ application: isText, module: isText, migrator: isText })),
});
