import { EngineError } from '../engines/call.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import type { Fingerprints } from '../node/config.js';
import { NodeUnreachable } from '../node/node.js';
import { asVersion, versionAgainst } from '../release/build-version.js';
import { bootOnce } from '../release/cold-boot.js';
import { counterpart } from '../release/counterpart.js';
import { readImage } from '../release/image.js';
import { createIsolated, type Isolated } from '../release/isolation.js';
import type { FileDigests, ImageRelease, RunningRelease } from '../release/release.js';
import { steadyTree } from '../release/steady.js';
import { Toolbox } from '../release/toolbox.js';
import type { Clock } from '../system/log.js';
import { once } from '../system/once.js';
import { readBeams } from './beams.js';
import { configuredBy } from './configured.js';
import type { MeantImage } from './meant.js';
import type { Boot, Unknown } from './seen.js';
import { readState } from './state.js';

/** A release as an image holds it, with the digests of its code's files. */
export interface Held {
  readonly release: ImageRelease;
  readonly beams: FileDigests;
}

/** @throws Refusal where the image holds no release that can be read */
export async function readHeld(
  engine: Engine,
  { details, reference }: MeantImage,
  running: Pick<RunningRelease, 'name' | 'root' | 'version'>,
): Promise<Held> {
  const workshop = await Toolbox.open(engine, details, reference);
  try {
    const own = { engine, workshop, next: await readImage(engine, workshop) };
    const found = await counterpart(own, { names: [running.name], root: running.root }, once());
    const { next: release } = await asVersion(engine, found, versionAgainst(running, found.next));
    return { release, beams: await readBeams(engine, workshop.container, '0:0', release.root, release.version) };
  } finally {
    await workshop.close();
  }
}

/** Boots the image twice as the container would, and reads what both boots come up as. */
export async function bootHeld(
  engine: Engine,
  at: { readonly container: ContainerDetails; readonly oldImage: ImageDetails; readonly image: ImageDetails },
  { release }: Held,
  running: Pick<RunningRelease, 'nodeName'> & { readonly named: boolean },
  salt: string,
  clock: Clock,
): Promise<Boot | Unknown> {
  const isolated: Isolated = { ...at, ...running, environment: [] };
  const boot = async (): Promise<Read | Unknown> => {
    let read: Read | undefined;
    const create = () => createIsolated(engine, 'cold-boot', isolated);
    const came = await bootOnce(engine, { ...isolated, create }, salt, clock, async (node) => {
      // The image itself holds no copy under a build version.
      const own = release.inImage ?? release;
      const applications = own.applications.filter(({ mode }) => mode !== 'none');
      // Children that end by themselves have the time that this takes to do so.
      const configured = await configuredBy(node, { ...own, applications }, salt);
      read = { configured, state: await readState(node, salt) };
    });
    const why = came.kind === 'failed' ? came.why : 'it said nothing';
    return read ?? { unknown: `it did not boot in a container of its own: ${why}` };
  };
  try {
    const [one, other] = await Promise.all([boot(), boot()]);
    return 'unknown' in one ? one : 'unknown' in other ? other : steady(one, other);
  } catch (error) {
    if (error instanceof EngineError || error instanceof NodeUnreachable || error instanceof AgentError) {
      return { unknown: `it could not be booted in a container of its own: ${error.message}` };
    }
    throw error;
  }
}

type Read = Omit<Boot, 'noise'>;

function steady(one: Read, other: Read): Boot {
  const prints = (of: Fingerprints | Unknown) =>
    new Map('unknown' in of ? [] : of.map(([application, key, print]) => [`${application}:${key}`, print]));
  const differing = (mine: ReturnType<typeof prints>, its: ReturnType<typeof prints>) =>
    [...new Set([...mine.keys(), ...its.keys()])].filter((key) => mine.get(key) !== its.get(key));
  const [here, there] = [one.state, other.state];
  return {
    ...one,
    state: {
      ...here,
      tree: steadyTree(here.tree, there.tree),
      foreign: [...new Set([...here.foreign, ...there.foreign])],
      unloaded: [...new Set([...here.unloaded, ...there.unloaded])],
    },
    noise: new Set([
      ...differing(prints(here.environment), prints(there.environment)),
      ...differing(prints(one.configured), prints(other.configured)),
    ]),
  };
}
