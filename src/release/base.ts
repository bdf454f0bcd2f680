import { randomUUID } from 'node:crypto';
import type { ImageDetails } from '../docker/details.js';
import type { Engine, Layer } from '../docker/engine.js';

/** What the engine and the images say about everything that is not the release. Empty where nothing differs. */
export interface ImageChange {
  /** Names of settings such as `ENV PATH` or `USER`. */
  readonly settings: readonly string[];
  /** Files outside the release whose content differs, the first few. */
  readonly files: readonly string[];
}

/** Compares two images outside the release's directory. A hot load carries the release and nothing else. */
export async function compareImages(
  engine: Engine,
  from: ImageDetails,
  to: ImageDetails,
  root: string,
): Promise<ImageChange> {
  const settings = differingSettings(from, to);
  const [old, next] = await Promise.all([engine.history(from.Id), engine.history(to.Id)]);
  const common = commonLayers(from, to);
  const releaseOnly = [
    [from, old],
    [to, next],
  ] as const;
  if (releaseOnly.every(([image, history]) => copiesOnly(history, (image.RootFS.Layers?.length ?? 0) - common, root))) {
    return { settings, files: [] };
  }
  return { settings, files: await differingFiles(engine, from, to, root) };
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
  /^(\/bin\/sh -c #\(nop\)\s+)?(CMD|ENV|USER|EXPOSE|ENTRYPOINT|HEALTHCHECK|LABEL|ARG|VOLUME|STOPSIGNAL|SHELL|MAINTAINER|ONBUILD)\b/;

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

// A build writes dates into these, and the engine mounts its own over others: they say nothing about the image.
const noise = [
  '/proc',
  '/sys',
  '/dev',
  '/tmp',
  '/run',
  '/var/log',
  '/var/cache',
  '/var/lib/apt',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/passwd-',
  '/etc/group-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/.dockerenv',
];

const list = `
prune=; for d in "$@"; do prune="$prune -path $d -prune -o"; done
find / -xdev $prune -type f -print0 | xargs -0 sha256sum`;

async function differingFiles(
  engine: Engine,
  from: ImageDetails,
  to: ImageDetails,
  root: string,
): Promise<readonly string[]> {
  const [old, next] = await Promise.all([digests(engine, from, root), digests(engine, to, root)]);
  return [...new Set([...old.keys(), ...next.keys()])].filter((path) => old.get(path) !== next.get(path)).sort();
}

async function digests(engine: Engine, image: ImageDetails, root: string): Promise<ReadonlyMap<string, string>> {
  const id = await engine.createContainer(`hot-deploy-base-${image.Id.slice(7, 19)}-${randomUUID().slice(0, 8)}`, {
    Image: image.Id,
    Entrypoint: ['sh', '-c', 'sleep 600'],
    Cmd: [],
    User: '0:0',
    Healthcheck: { Test: ['NONE'] },
    Labels: { 'hot-deploy.role': 'base' },
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await engine.startContainer(id);
    const argv = ['sh', '-c', list, 'hot-deploy', ...noise, root];
    const { stdout } = await engine.exec(id, { argv, user: '0:0', timeoutMs: 300_000 });
    const lines = stdout.toString('utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
  } finally {
    await engine.removeContainer(id, { force: true });
  }
}
