import type { Engine } from '../engines/engine.js';
import { against } from '../reasons/make.js';
import type { RunningRelease } from '../release/release.js';
import { type Downgradable, follow } from '../strategies/relup/downgrade.js';

/** The ways from what runs up to a version that lies in the container: those that lead down from it, the last one first. */
export async function wayUp(
  engine: Engine,
  container: string,
  { root, name, version: runs }: Pick<RunningRelease, 'root' | 'name' | 'version'>,
  version: string,
): Promise<Downgradable> {
  const down = await follow(engine, container, { root, name, version }, runs);
  if ('code' in down) {
    const message = `Nothing in the container leads from ${runs} up to ${version}.`;
    return { kind: 'closed', reasons: [against('not-upgraded-here', version, message)] };
  }
  return { kind: 'open', steps: down.toReversed() };
}
