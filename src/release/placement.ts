import type { FileDigests, ImageRelease, RunningRelease } from './release.js';

/**
 * Names of the directories below `lib/` in which a release's applications lie in a container, by application. It is
 * NAME-VERSION, unless other code of that version lay there already: nothing is written over what an earlier release boots.
 */
export type Placement = ReadonlyMap<string, string>;

type Lying = Pick<RunningRelease['applications'][number], 'name' | 'version' | 'directory'>;

/** Where an application of a node lies. */
export function directoryOf(root: string, { name, version, directory }: Lying): string {
  const below = directory?.startsWith(`${root}/lib/`) ? directory.slice(`${root}/lib/`.length) : '';
  return below === '' || below.includes('/') ? `${name}-${version}` : below;
}

/** The version by which release_handler and systools tell what lies in a directory: that of the application, and what follows it. */
export function placedVersion(name: string, directory: string): string {
  return directory.slice(name.length + 1);
}

/** Applications of a release that lie in a directory of another name. */
export function moved(
  { applications }: Pick<ImageRelease, 'applications'>,
  placement: Placement,
): readonly { readonly name: string; readonly version: string; readonly directory: string }[] {
  return applications.flatMap(({ name, version }) => {
    const directory = placement.get(name) ?? `${name}-${version}`;
    return directory === `${name}-${version}` ? [] : [{ name, version, directory }];
  });
}

/** A node's files by the paths that they have in an image. What an application has left behind in NAME-VERSION is not there. */
export function asInImage(files: FileDigests, root: string, applications: readonly Lying[]): FileDigests {
  const own = new Map(applications.map((each) => [directoryOf(root, each), `${each.name}-${each.version}`]));
  const left = new Set([...own.values()].filter((name) => !own.has(name)));
  return Object.fromEntries(
    Object.entries(files).flatMap(([path, digest]) => {
      const [, directory, rest] = /^lib\/([^/]+)(\/.*)$/s.exec(path) ?? [];
      if (directory === undefined) {
        return [[path, digest]];
      }
      return left.has(directory) ? [] : [[`lib/${own.get(directory) ?? directory}${rest}`, digest]];
    }),
  );
}
