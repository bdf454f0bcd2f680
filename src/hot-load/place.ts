import type { AnalysisContext } from '../analysis/context.js';
import { type Entry, sha256 } from '../release/archive.js';
import { type Change, exchanged } from '../release/compare.js';
import { ownLibrary } from '../release/distillery.js';
import { directoryOf, type Placement } from '../release/placement.js';
import type { RunningRelease } from '../release/release.js';
import { takeFolder } from '../release/taken.js';
import { inTurn } from '../system/in-turn.js';

/** Where the new release comes to lie in a container. Paths are relative to the release's root. */
export interface Placed {
  readonly placement: Placement;
  /** Directories that the bundle would bring and the container has already: an earlier deploy, or its roll-back, left them. */
  readonly present: readonly string[];
  /** Those that the container has with other content. */
  readonly occupied: readonly string[];
}

/**
 * Finds a directory for each application that the bundle brings: NAME-VERSION, or where that has other content, which an
 * earlier release may boot, NAME-VERSION+DIGEST. What does not change stays where it lies.
 */
export async function place(
  site: AnalysisContext,
  container: string,
  running: RunningRelease,
  change: Change,
): Promise<Placed> {
  const { engine, workshop, next } = site;
  const { root, applications } = running;
  const now = new Map(applications.map((each) => [each.name, directoryOf(root, each)]));
  const content = (entries: readonly Entry[] | undefined) => entries && contentOf(entries);
  const there = async (path: string) => content(await takeFolder(engine, container, `${root}/${path}`));
  const image = async (path: string) => content(await workshop.get(`${next.root}/${path}`)) ?? '[]';
  const brought = [...change.applications.added, ...exchanged(change).map(({ name, to }) => ({ name, version: to }))];
  const found = await inTurn(brought, async ({ name, version }) => {
    const plain = `${name}-${version}`;
    const other = plain === now.get(name) ? '' : await there(`lib/${plain}`);
    if (other === undefined) {
      return { name, directory: plain, is: 'free' };
    }
    const wanted = await image(`lib/${plain}`);
    if (other === wanted) {
      return { name, directory: plain, is: 'present' };
    }
    const directory = `${plain}+${sha256(wanted).slice(0, 12)}`;
    const before = await there(`lib/${directory}`);
    return { name, directory, is: before === undefined ? 'free' : before === wanted ? 'present' : 'occupied' };
  });
  const library = ownLibrary(next);
  // An application that has this directory says itself what is there.
  const isApart = !found.some(({ directory }) => `lib/${directory}` === library);
  const own = await inTurn(
    [`releases/${next.version}`, ...(library === undefined || !isApart ? [] : [library])],
    async (path) => {
      const before = running.version === next.version ? undefined : await there(path);
      return { path, is: before === undefined ? 'free' : before === (await image(path)) ? 'present' : 'occupied' };
    },
  );
  const at = (what: string) => [
    ...found.filter(({ is }) => is === what).map(({ directory }) => `lib/${directory}`),
    ...own.filter(({ is }) => is === what).map(({ path }) => path),
  ];
  const stays = next.applications.map(({ name, version }) => [name, now.get(name) ?? `${name}-${version}`] as const);
  return {
    placement: new Map([...stays, ...found.map(({ name, directory }) => [name, directory] as const)]),
    present: at('present'),
    occupied: at('occupied'),
  };
}

// Made by a deploy, which may have been cut off, or by a start, and no part of the image.
const generated =
  /(^|\/)(relup|hot-deploy(-down)?\.sha256|hot-deploy\.(json|rel)|hot_deploy_step\.beam|[^/]+\.boot|sys\.config(\.hot-deploy(-later)?)?|vm\.args|[^/]+\.appup)$/;

/** A text that is the same for directories with the same files, whatever their own names. */
function contentOf(entries: readonly Entry[]): string {
  return JSON.stringify(
    entries
      .filter(({ type, path }) => type === 'file' && !generated.test(path))
      .map(({ path, data }) => [path.split('/').slice(1).join('/'), sha256(data)])
      .sort(),
  );
}
