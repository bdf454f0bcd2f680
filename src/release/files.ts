import type { Engine } from '../docker/engine.js';
import type { FileDigests } from './release.js';

/** The release's files that are no code, and whom the release belongs to. */
export interface ReleaseFiles {
  /** Paths below the root, `releases/VSN/...` for the version's own. */
  readonly files: FileDigests;
  readonly owner: { readonly uid: number; readonly gid: number };
}

// $1 root, $2 version. relx writes the version into its scripts, which makes them differ where nothing does.
const list = `
cd "$1" || exit 1
ls -ldn "releases/$2" | { read -r _ _ uid gid _; echo "owner $uid $gid"; }
find lib "releases/$2" -type f ! -name '*.beam' -exec sha256sum {} +
find bin -type f -o -type l | while read -r file; do
  printf '%s  %s\\n' "$(sed "s/$2/VSN/g" "$file" | sha256sum | cut -d ' ' -f 1)" "$file"
done`;

/** Digests of all files that are no beams, read by `sha256sum` inside the container. */
export async function readFiles(
  engine: Engine,
  container: string,
  user: string,
  root: string,
  version: string,
): Promise<ReleaseFiles> {
  const { stdout } = await engine.exec(container, {
    argv: ['sh', '-c', list, 'hot-deploy', root, version],
    user,
    timeoutMs: 60_000,
  });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  const owner = /^owner (\d+) (\d+)$/.exec(lines[0] ?? '');
  const digests = lines
    .slice(owner === null ? 0 : 1)
    .map((line) => [place(line.slice(66), version), line.slice(0, 64)] as const);
  return {
    files: Object.fromEntries(digests),
    owner: { uid: Number(owner?.[1] ?? 0), gid: Number(owner?.[2] ?? 0) },
  };
}

function place(path: string, version: string): string {
  const own = `releases/${version}/`;
  return path.startsWith('lib/') ? path : path.replace(own, 'releases/VSN/').replaceAll(version, 'VSN');
}
