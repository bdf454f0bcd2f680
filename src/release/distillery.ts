import type { FileDigests } from './release.js';

type Files = { readonly files: FileDigests };

/** Whether distillery has laid the release out: only it keeps its start script's parts beside each version. */
export function isOfDistillery({ files }: Files): boolean {
  return Object.keys(files).some((path) => path.startsWith('releases/VSN/libexec/'));
}

/** Where the consolidated protocols of a release lie, below its root. */
export function consolidatedOf(release: Files & { readonly name: string; readonly version: string }): string {
  const library = ownLibrary(release);
  return `${library ?? `releases/${release.version}`}/consolidated`;
}

/** The directory that a release by distillery has below `lib`, whether it has an application of that name and version or not. */
export function ownLibrary(release: Files & { readonly name: string; readonly version: string }): string | undefined {
  return isOfDistillery(release) ? `lib/${release.name}-${release.version}` : undefined;
}

/** What a start by distillery reads of the version before the VM runs. */
export function startHooks({
  files,
  root,
  version,
}: Files & { readonly root: string; readonly version: string }): readonly string[] {
  return Object.keys(files)
    .filter((path) => /^releases\/VSN\/hooks\/(pre_configure|post_configure|pre_start|post_start)\.d\/./.test(path))
    .map((path) => `${root}/${path.replace('/VSN/', `/${version}/`)}`);
}
