import type { Engine } from '../engines/engine.js';
import { readListing } from './listing.js';
import type { FileDigests } from './release.js';

/** The release's files that are no code, and whom the release belongs to. */
export interface ReleaseFiles {
  /** Paths below the root, `releases/VSN/...` for the version's own. */
  readonly files: FileDigests;
  readonly owner: { readonly uid: number; readonly gid: number };
}

// $1 root, $2 version, $3 the version for sed. relx writes the version into its scripts, which makes them differ where
// nothing does.
const list = `
cd "$1" || exit 1
export LC_ALL=C
ls -ldn "releases/$2" | { read -r _ _ uid gid _; echo "owner $uid $gid"; }
find lib "releases/$2" -type f ! -name '*.beam' -exec sha256sum {} +
find lib "releases/$2" -type l -exec ls -ldn {} +
find bin \\( -type f -o -type l \\) -exec sh -c 'pattern=$1; shift; for file; do
  printf "%s  %s\\n" "$(sed "s/$pattern/VSN/g" "$file" | sha256sum | cut -d " " -f 1)" "$file"
done' sh "$3" {} +`;

/** Digests of all files that are no beams, read by `sha256sum` inside the container. */
export async function readFiles(
  engine: Engine,
  container: string,
  user: string,
  root: string,
  version: string,
): Promise<ReleaseFiles> {
  const { stdout } = await engine.exec(container, {
    argv: ['sh', '-c', list, 'hot-deploy', root, version, version.replace(/[^A-Za-z0-9+_-]/g, '[$&]')],
    user,
    timeoutMs: 60_000,
  });
  const [, uid, gid] = /^owner (\d{1,10}) (\d{1,10})$/m.exec(stdout.toString('latin1')) ?? [];
  return {
    files: Object.fromEntries([...readListing(stdout)].map(([path, digest]) => [place(path, version), digest])),
    owner: { uid: Number(uid ?? 0), gid: Number(gid ?? 0) },
  };
}

function place(path: string, version: string): string {
  if (path.startsWith('lib/')) {
    return path;
  }
  // The directory itself where it is a link.
  return path === `releases/${version}`
    ? 'releases/VSN'
    : path.replace(`releases/${version}/`, 'releases/VSN/').replaceAll(version, 'VSN');
}
