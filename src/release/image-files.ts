import { randomUUID } from 'node:crypto';
import type { ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { roleLabel } from '../engines/throw-away.js';
import { readListing } from './listing.js';
import { findReleases } from './toolbox.js';

/** Files of an image below a directory, as nobody has changed them yet: path to digest. */
export type Listing = (where: 'overlays' | 'outside', root: string) => Promise<ReadonlyMap<string, string>>;

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
  '/etc/mtab',
  '/etc/shadow',
  '/etc/shadow-',
  '/etc/passwd-',
  '/etc/group-',
  '/etc/gshadow',
  '/etc/gshadow-',
  '/.dockerenv',
  // The workshop's own.
  '/hot-deploy',
];

// $1 directory to begin at; what is left out follows. Outside of a release other releases are left out, too: they are deployed
// to containers of their own.
const list = `${findReleases}
at=$1; shift
cd "$at" || exit 1
export LC_ALL=C
if [ "$at" = / ]; then
  while IFS='	' read -r d _; do [ -z "$d" ] || set -- "$@" ".$d"; done <<RELEASES
$(releases)
RELEASES
fi
for d do set -- "$@" -path "$d" -prune -o; shift; done
find . -xdev "$@" -type f -exec sha256sum {} +
find . -xdev "$@" -type l -exec ls -ldn {} +`;

/** Lists files in a container that has changed nothing of its image. */
export function listingIn(engine: Engine, container: string): Listing {
  return async (where, root) => {
    const [at, leftOut] =
      where === 'outside'
        ? ['/', [...noise, root]]
        : [root, ['/lib', '/releases', '/bin', ...(root === '/' ? ['/*'] : [])]];
    const { stdout } = await engine.exec(container, {
      argv: ['sh', '-c', list, 'hot-deploy', at, ...leftOut.map((path) => `.${path}`)],
      user: '0:0',
      timeoutMs: 300_000,
    });
    return new Map([...readListing(stdout)].map(([path, digest]) => [path.replace(/^\.\//, ''), digest]));
  };
}

/** Lists files of an image, in a throw-away container where there is none yet. */
export async function listingOf<T>(
  engine: Engine,
  { image, listing }: { readonly image: ImageDetails; readonly listing?: Listing },
  work: (listing: Listing) => Promise<T>,
): Promise<T> {
  if (listing !== undefined) {
    return await work(listing);
  }
  const id = await engine.createContainer(`hot-deploy-base-${image.Id.slice(7, 19)}-${randomUUID().slice(0, 8)}`, {
    Image: image.Id,
    Entrypoint: ['sh', '-c', 'sleep 600'],
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    Healthcheck: { Test: ['NONE'] },
    Labels: { [roleLabel]: 'base' },
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await engine.startContainer(id);
    return await work(listingIn(engine, id));
  } finally {
    await engine.removeContainer(id, { force: true, volumes: true });
  }
}
