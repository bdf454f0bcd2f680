import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** The Engine's `Config` of a container or an image, as it is. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * What the user set: a container's configuration without what the Engine merged into it from its image. It undoes, field by
 * field, https://github.com/moby/moby/blob/v20.10.24/daemon/commit.go#L18 (`merge`). A value that equals the image's counts
 * as the image's, since nothing tells the two apart.
 */
export function overrides(container: Config, image: Config): Config {
  const own: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(container)) {
    if (notSettings.has(field)) continue;
    const subtract = Object.hasOwn(subtractions, field) ? subtractions[field] : undefined;
    const left = (subtract ?? whole)(value, image[field]);
    if (left !== undefined) own[field] = left;
  }
  return { ...own, ...command(container, image) };
}

/** The image itself, what the image alone decides, and what other parts of a re-creation decide. */
const notSettings = new Set([
  'Image',
  'OnBuild',
  'ArgsEscaped',
  'Entrypoint',
  'Cmd',
  'Hostname',
  'Domainname',
  'MacAddress',
]);

type Subtraction = (value: unknown, image: unknown) => unknown;

const subtractions: Readonly<Record<string, Subtraction>> = {
  Env: (value, image) => some(list(value).filter((entry) => !list(image).includes(entry))),
  Labels: entriesUnlikeImage,
  Healthcheck: entriesUnlikeImage,
  ExposedPorts: keysUnlikeImage,
  Volumes: keysUnlikeImage,
  WorkingDir: (value, image) => (cleanPath(value) === cleanPath(image) ? undefined : whole(value, image)),
  // The Engine keeps the image's shell out of the container, so a shell that is there is the user's.
  Shell: (value) => some(list(value)),
};

function whole(value: unknown, image: unknown): unknown {
  const empty = value === undefined || value === null || value === '';
  return empty || isDeepStrictEqual(value, image) ? undefined : value;
}

function entriesUnlikeImage(value: unknown, image: unknown): unknown {
  const own = Object.entries(fields(value)).filter(([key, entry]) => !isDeepStrictEqual(entry, fields(image)[key]));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

function keysUnlikeImage(value: unknown, image: unknown): unknown {
  const own = Object.keys(fields(value)).filter((key) => !(key in fields(image)));
  return own.length === 0 ? undefined : Object.fromEntries(own.map((key) => [key, {}]));
}

/**
 * Entrypoint and command belong together: with an entrypoint of the user's the Engine leaves the image's command out, so
 * then the command is the user's too, were it equal to the image's or none. `--entrypoint ''` is an entrypoint of the
 * user's as well: the Engine takes it as one empty string and shows it as none.
 */
function command(container: Config, image: Config): Config {
  const { Entrypoint: entrypoint, Cmd: cmd } = container;
  if (isDeepStrictEqual(list(entrypoint), list(image['Entrypoint']))) {
    return isDeepStrictEqual(list(cmd), list(image['Cmd'])) ? {} : { Cmd: cmd };
  }
  if (list(entrypoint).length > 0) return { Entrypoint: entrypoint, Cmd: cmd };
  // An empty list, which only the API can give, hides the image's entrypoint and still takes its command.
  if (Array.isArray(entrypoint) && isDeepStrictEqual(list(cmd), list(image['Cmd']))) return { Entrypoint: [] };
  return { Entrypoint: [''], Cmd: cmd };
}

/** A list of the Engine's, which is null where it is empty and a plain string in very old images. */
export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

/** A map of the Engine's, which is null where it is empty. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** As Go's `filepath.Clean` does it, which the Engine applies to a container's paths but not to an image's. */
export function cleanPath(path: unknown): string {
  const normal = posix.normalize(String(path ?? ''));
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}

function some(entries: readonly unknown[]): readonly unknown[] | undefined {
  return entries.length === 0 ? undefined : entries;
}
