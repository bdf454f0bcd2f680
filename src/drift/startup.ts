import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { isOfDistillery } from '../release/distillery.js';
import type { RunningRelease } from '../release/release.js';
import { isInstant } from '../system/shape.js';

/** What the container's own files say about its next start, and about the last deploy. */
export interface Startup {
  /** The version that a restart of the container boots; absent where that cannot be told. */
  readonly boots?: string;
  /** Milliseconds since 1970, of a release that was brought by a hot deploy. */
  readonly loadedAt?: number;
  /** When the version that boots was last decided on inside the container. */
  readonly permanentAt?: number;
}

// $1 root, $2 version, $3 the release's name. A hot deploy's archive carries no times, so it is the change of the inode
// that tells when a file came to lie there. relx's start script boots the version that is written in it, and is a copy of
// that version's own.
const look = `
cd "$1" || exit 1
cut -d ' ' -f 2 releases/start_erl.data | head -n 1 | sed 's/^/boots /'
for script in "bin/$3"-*; do
  cmp -s "$script" "bin/$3" && printf 'boots %s\\n' "\${script#bin/$3-}"
done
stat -c 'loaded %Z' "releases/$2/hot-deploy.sha256" 2>/dev/null
stat -c 'decided %Z' releases/start_erl.data`;

export async function readStartup(
  engine: Engine,
  container: ContainerDetails,
  release: RunningRelease,
): Promise<Startup> {
  const { root, version, name, vm } = release;
  const { stdout } = await engine.exec(container.Id, {
    argv: ['sh', '-c', look, 'hot-deploy', root, version, name],
    user: vm.user,
    timeoutMs: 30_000,
  });
  const forcing = isOfDistillery(release) ? 'REL_VSN' : 'RELEASE_VSN';
  return parseStartup(stdout.toString('utf8'), container.Config.Env ?? [], forcing);
}

/** Pure part of {@link readStartup}. */
export function parseStartup(printed: string, environment: readonly string[], forcing = 'RELEASE_VSN'): Startup {
  const lines = printed.split('\n').map((line) => line.trim());
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  // What mix's start script obeys before all else, or distillery's.
  const forced = environment.find((entry) => entry.startsWith(`${forcing}=`))?.slice(forcing.length + 1);
  const boots = forced || values('boots').at(-1);
  const time = (name: string) =>
    values(name)
      .map((text) => Number(text || Number.NaN) * 1_000)
      .find(isInstant);
  const [loadedAt, permanentAt] = [time('loaded'), time('decided')];
  return {
    ...(boots && { boots }),
    ...(loadedAt !== undefined && { loadedAt }),
    ...(permanentAt !== undefined && { permanentAt }),
  };
}
