import { type Change, exchanged } from '../release/compare.js';
import { ownLibrary } from '../release/distillery.js';
import { directoryOf } from '../release/placement.js';
import { expectedModules, type ImageRelease, type RunningRelease } from '../release/release.js';
import type { UpgradeManifest } from './manifest.js';

/** What is brought to a container for a way. */
export interface Bringing extends Pick<UpgradeManifest, 'parts' | 'updates' | 'loads' | 'removed' | 'added'> {
  readonly images: { readonly from: string; readonly to: string };
  readonly directories: readonly string[];
}

/** What a way says of both releases; pure. */
export function manifestOf(
  running: RunningRelease,
  next: ImageRelease,
  change: Change,
  { parts, updates, loads, removed, added, images, directories }: Bringing,
): Omit<UpgradeManifest, 'checksums'> {
  const started = next.applications.filter(({ mode }) => mode !== 'none');
  // What is never loaded is on a node only where somebody loaded it by hand.
  const then = Object.entries(expectedModules({ ...next, applications: started }));
  const left = new Set([...exchanged(change), ...change.applications.removed].map(({ name }) => name));
  const old = [...removed, ...change.protocols].filter((module) => !then.some(([name]) => name === module));
  return {
    schema: 1,
    release: next.name,
    from: running.version,
    to: next.version,
    images,
    applications: {
      from: running.applications.map(({ name, version }) => [name, version] as const),
      to: started.map(({ name, version }) => [name, version] as const),
    },
    ...(parts && { parts }),
    ...{ updates, loads: [...new Set([...loads, ...change.protocols])], removed, added },
    directories: {
      from: [
        ...new Set([
          ...running.applications
            .filter(({ name }) => left.has(name))
            .map((application) => `lib/${directoryOf(running.root, application)}`),
          ...[ownLibrary(running) ?? []].flat(),
        ]),
        `releases/${running.version}`,
      ],
      to: directories,
    },
    modules: {
      same: Object.fromEntries(then.filter(([module, digest]) => running.modules[module] === digest)),
      from: Object.fromEntries(
        [
          ...then.filter(([module, digest]) => running.modules[module] !== digest).map(([module]) => module),
          ...old,
        ].flatMap((module) => {
          const digest = running.modules[module];
          // JSON of a module that has no file holds null.
          return typeof digest === 'string' ? [[module, digest] as const] : [];
        }),
      ),
      to: Object.fromEntries(then.filter(([module, digest]) => running.modules[module] !== digest)),
    },
  };
}
