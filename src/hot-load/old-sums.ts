import { sha256 } from '../release/archive.js';
import { type Change, exchanged } from '../release/compare.js';
import { consolidatedOf } from '../release/distillery.js';
import { oldRoot } from '../release/modules.js';
import type { RunningRelease } from '../release/release.js';
import type { Toolbox } from '../release/toolbox.js';

/**
 * Digests of what a way down reads of the old release, a line of `sha256sum` for each: its changed code, its consolidated
 * protocols, and what release_handler and the configuration take from its directory. What an application may write itself,
 * and what a start renders, is left out.
 */
export async function oldSums(workshop: Toolbox, running: RunningRelease, change: Change): Promise<readonly string[]> {
  const { root, name, version, files, applications } = running;
  const code = await Promise.all(
    [
      ...exchanged(change).map(({ name, from, fromDirectory }) => ({ own: `${name}-${from}`, at: fromDirectory })),
      ...change.applications.removed.map((gone) => ({
        own: `${gone.name}-${gone.version}`,
        at: applications.find((application) => application.name === gone.name)?.directory ?? '',
      })),
    ].map(({ own, at }) => under(workshop, `lib/${own}/ebin`, `${below(root, at)}/ebin`)),
  );
  const protocols = await under(workshop, `releases/${version}/consolidated`, consolidatedOf(running));
  const settings = ['start.boot', 'config.boot', `${name}.rel`, 'start.rel', 'runtime.exs', 'sys.config.src'].flatMap(
    (file) => {
      const digest = files[`releases/VSN/${file}`];
      return digest === undefined || !/^[0-9a-f]{64}$/.test(digest)
        ? []
        : [line(digest, `releases/${version}/${file}`)];
    },
  );
  return [...code.flat(), ...protocols, ...settings];
}

/** Of the code in one directory of the old release, as it lies in the workshop and in the container. */
async function under(workshop: Toolbox, here: string, there: string): Promise<readonly string[]> {
  const entries = (await workshop.get(`${oldRoot}/${here}`)) ?? [];
  return entries
    .filter(({ type, path }) => type === 'file' && /\.(beam|app)$/.test(path) && !/[\p{Cc}\\\uFFFD]/u.test(path))
    .map(({ path, data }) => line(sha256(data), `${there}/${path.split('/').slice(1).join('/')}`));
}

function below(root: string, directory: string): string {
  return directory.startsWith(`${root}/`) ? directory.slice(root.length + 1) : directory;
}

export function line(digest: string, path: string): string {
  return `${digest}  ${path}\n`;
}
