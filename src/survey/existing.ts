import { type Entry, sha256, unpack } from '../release/archive.js';
import type { Change } from '../release/compare.js';
import type { RunningRelease } from '../release/release.js';
import type { Site } from './site.js';

/** A directory that the bundle would bring and the container has already. */
export interface Existing {
  /** Relative to the release's root. */
  readonly directory: string;
  readonly same: boolean;
}

/** Looks for directories of the new version in the container: an earlier deploy, or its roll-back, may have left them. */
export async function existing(
  site: Site,
  container: string,
  running: RunningRelease,
  change: Change,
): Promise<readonly Existing[]> {
  const { engine, workshop, next } = site;
  const { added, changed } = change.applications;
  const directories = [
    ...added.map(({ name, version }) => `lib/${name}-${version}`),
    ...changed.map(({ name, to }) => `lib/${name}-${to}`),
    ...(running.version === next.version ? [] : [`releases/${next.version}`]),
  ];
  const found = await Promise.all(
    directories.map(async (directory) => {
      const there = await engine.getArchive(container, `${running.root}/${directory}`);
      if (there === undefined) {
        return [];
      }
      const here = await workshop.get(`${next.root}/${directory}`);
      return [{ directory, same: here !== undefined && equal(await unpack(there), await unpack(here)) }];
    }),
  );
  return found.flat();
}

// Made by a deploy, which may have been cut off, or by a start, and no part of the image.
const generated =
  /(^|\/)(relup|hot-deploy(-down)?\.sha256|hot-deploy\.json|hot_deploy_step\.beam|start\.boot|sys\.config(\.hot-deploy(-later)?)?|vm\.args|[^/]+\.appup)$/;

function equal(one: readonly Entry[], other: readonly Entry[]): boolean {
  const digests = (entries: readonly Entry[]) =>
    JSON.stringify(
      entries
        .filter(({ type, path }) => type === 'file' && !generated.test(path))
        .map(({ path, data }) => [path, sha256(data)])
        .sort(),
    );
  return digests(one) === digests(other);
}
