import type { Engine } from '../engines/engine.js';
import { asInImage } from '../release/placement.js';
import type { FileDigests, RunningRelease } from '../release/release.js';

// $1 root, $2 version.
const list = `cd "$1" && find lib "releases/$2" -name '*.beam' -exec sha256sum {} +`;

/** Digests of the code's files, by their paths below the root; the version's own below `releases/VSN/`. */
export async function readBeams(
  engine: Engine,
  container: string,
  user: string,
  root: string,
  version: string,
  applications: RunningRelease['applications'] = [],
): Promise<FileDigests> {
  const { stdout } = await engine.exec(container, {
    argv: ['sh', '-c', list, 'hot-deploy', root, version],
    user,
    timeoutMs: 60_000,
  });
  const lines = stdout.toString('utf8').split('\n').filter(Boolean);
  const files = lines.map((line) => [
    line.slice(66).replace(`releases/${version}/`, 'releases/VSN/'),
    line.slice(0, 64),
  ]);
  return asInImage(Object.fromEntries(files), root, applications);
}
