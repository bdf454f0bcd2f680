import type { Engine } from '../docker/engine.js';
import type { Reason } from '../plan/reason.js';
import { against } from '../plan/rule.js';
import type { RunningRelease } from '../release/release.js';
import { readWay } from '../upgrade/stored-way.js';
import type { Way } from '../upgrade/way.js';

type Found =
  | { readonly kind: 'open'; readonly steps: readonly Way[] }
  | { readonly kind: 'closed'; readonly reasons: readonly Reason[] };

/** More than anybody rolls back at once. */
const mostSteps = 10;

/** The ways from what runs up to a version that lies in the container: those that lead down from it, the last one first. */
export async function wayUp(
  engine: Engine,
  container: string,
  { root, version: runs }: Pick<RunningRelease, 'root' | 'version'>,
  version: string,
): Promise<Found> {
  const steps: Way[] = [];
  for (let at = version; at !== runs; at = steps[0]?.from ?? runs) {
    const stored = await readWay(engine, container, root, at);
    if (stored.kind !== 'stored' || steps.length === mostSteps) {
      const message = `Nothing in the container leads from ${runs} up to ${version}.`;
      return { kind: 'closed', reasons: [against('not-upgraded-here', at, message)] };
    }
    steps.unshift(stored.way);
  }
  return { kind: 'open', steps };
}
