import type { ImageDetails } from '../engines/details.js';
import type { Engine, Layer } from '../engines/engine.js';
import { type Listing, listingOf } from './image-files.js';

/** What the engine and the images say about everything that is not the release. Empty where nothing differs. */
export interface ImageChange {
  /** Names of settings such as `ENV PATH` or `USER`. */
  readonly settings: readonly string[];
  /** Files outside the release whose content differs, the first few. */
  readonly files: readonly string[];
  /** Files in the release's directory that belong to no part of it which is exchanged, such as `etc/app.toml`. */
  readonly overlays: readonly string[];
}

/** An image, where its release lies, and how its files are listed: in a container of its own where nothing is said. */
export interface Compared {
  readonly image: ImageDetails;
  readonly root: string;
  readonly listing?: Listing;
}

/**
 * Compares two images in all that a hot load leaves as it is. Both are read as they were built: what an application has
 * written into its container since says nothing about them.
 */
export async function compareImages(engine: Engine, from: Compared, to: Compared): Promise<ImageChange> {
  if (from.image.Id === to.image.Id) {
    return { settings: [], overlays: [], files: [] };
  }
  const [old, next] = await Promise.all([engine.history(from.image.Id), engine.history(to.image.Id)]);
  const common = commonLayers(from.image, to.image);
  const releaseOnly = [
    [from, old],
    [to, next],
  ] as const;
  const copied = releaseOnly.every(([{ image, root }, history]) =>
    copiesOnly(history, (image.RootFS.Layers?.length ?? 0) - common, root),
  );
  return await listingOf(engine, from, (before) =>
    listingOf(engine, to, async (after) => {
      const both = (where: Parameters<Listing>[0]) =>
        Promise.all([before(where, from.root), after(where, to.root)] as const);
      const overlays = await both('overlays');
      return {
        settings: differingSettings(from.image, to.image),
        overlays: withoutExchanged(differingFiles(...overlays), ...overlays),
        files: copied ? [] : differingFiles(...(await both('outside'))).map((path) => `/${path}`),
      };
    }),
  );
}

const compared = [
  'User',
  'WorkingDir',
  'Cmd',
  'Entrypoint',
  'Volumes',
  'ExposedPorts',
  'Healthcheck',
  'StopSignal',
  'Shell',
] as const;

/** Labels are left out: they change nothing for what runs, and builds write commit and time into them. */
export function differingSettings(from: ImageDetails, to: ImageDetails): readonly string[] {
  const [old, next] = [from.Config as Record<string, unknown>, to.Config as Record<string, unknown>];
  const text = (value: unknown) => JSON.stringify(isEmpty(value) ? null : value);
  const [oldEnv, nextEnv] = [new Set(from.Config.Env ?? []), new Set(to.Config.Env ?? [])];
  const env = [...oldEnv, ...nextEnv].filter((entry) => !(oldEnv.has(entry) && nextEnv.has(entry)));
  return [
    ...new Set(env.map((entry) => `ENV ${entry.split('=')[0]}`)),
    ...compared.filter((name) => text(old[name]) !== text(next[name])).map((name) => name.toUpperCase()),
  ];
}

function isEmpty(value: unknown): boolean {
  return value == null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function commonLayers(from: ImageDetails, to: ImageDetails): number {
  const at = from.RootFS.Layers?.findIndex((layer, index) => layer !== to.RootFS.Layers?.[index]) ?? 0;
  return at < 0 ? (from.RootFS.Layers?.length ?? 0) : at;
}

const metadata =
  /^(\/bin\/sh -c #\(nop\)\s+)?(CMD|ENV|USER|EXPOSE|ENTRYPOINT|HEALTHCHECK|LABEL|ARG|VOLUME|STOPSIGNAL|SHELL|MAINTAINER|ONBUILD|WORKDIR)\b/;

/** Whether the newest `count` layers only copy something into the release's directory. */
function copiesOnly(history: readonly Layer[], count: number, root: string): boolean {
  const layers = history.filter((layer) => !metadata.test(layer.createdBy)).slice(0, count);
  return layers.length === count && layers.every((layer) => copiesInto(layer.createdBy, root));
}

// BuildKit: `COPY /build/rel /app # buildkit`; the classic builder: `/bin/sh -c #(nop) COPY --chown=... dir:ID in /app `.
function copiesInto(createdBy: string, root: string): boolean {
  const target = /^(?:\/bin\/sh -c #\(nop\)\s+)?(?:COPY|ADD)\s.*?(\S+)\s*(?:# buildkit)?\s*$/
    .exec(createdBy)?.[1]
    ?.replace(/\/+$/, '');
  return target !== undefined && (target === root || target.startsWith(`${root}/`));
}

function differingFiles(old: ReadonlyMap<string, string>, next: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...old.keys(), ...next.keys()])].filter((path) => old.get(path) !== next.get(path)).sort();
}

/** Files of a runtime count where both images have it: that one of another version is other files goes without saying. */
export function withoutExchanged(
  differing: readonly string[],
  old: ReadonlyMap<string, string>,
  next: ReadonlyMap<string, string>,
): readonly string[] {
  const runtimes = (listing: ReadonlyMap<string, string>) =>
    new Set([...listing.keys()].map(runtimeOf).filter((runtime) => runtime !== undefined));
  const [before, after] = [runtimes(old), runtimes(next)];
  return differing.filter((path) => {
    const runtime = runtimeOf(path);
    return runtime === undefined || (before.has(runtime) && after.has(runtime));
  });
}

function runtimeOf(path: string): string | undefined {
  return /^erts-[^/]+/.exec(path)?.[0];
}
