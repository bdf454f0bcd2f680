import { EngineError } from '../docker/call.js';
import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Engine } from '../docker/engine.js';
import type { Clock } from '../log.js';
import { AgentError } from '../node/agent.js';
import { type Node, NodeUnreachable } from '../node/node.js';
import { coldBoot } from '../release/cold-boot.js';
import { readImage } from '../release/image.js';
import type { FileDigests, ImageRelease, RunningRelease } from '../release/release.js';
import { Workshop } from '../release/workshop.js';
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
export async function readHeld(engine: Engine, { details, reference }: MeantImage): Promise<Held> {
  const workshop = await Workshop.open(engine, details, reference);
  try {
    const release = await readImage(engine, workshop);
    return { release, beams: await readBeams(engine, workshop.container, '0:0', release.root, release.version) };
  } finally {
    await workshop.close();
  }
}

/** Boots the image once as the container would, and reads what comes up. */
export async function bootHeld(
  engine: Engine,
  at: { readonly container: ContainerDetails; readonly oldImage: ImageDetails; readonly image: ImageDetails },
  { release }: Held,
  running: Pick<RunningRelease, 'nodeName'> & { readonly named: boolean },
  salt: string,
  clock: Clock,
): Promise<Boot | Unknown> {
  const { nodeName, named } = running;
  let boot: Boot | undefined;
  const meanwhile = async (node: Node) => {
    const applications = release.applications.filter(({ mode }) => mode !== 'none');
    // Children that end by themselves have the time that this takes to do so.
    const configured = await configuredBy(node, { ...release, applications }, salt);
    boot = { configured, state: await readState(node, salt) };
  };
  try {
    const came = await coldBoot(engine, { ...at, nodeName, named, environment: [] }, salt, clock, meanwhile);
    const why = came.kind === 'failed' ? came.why : 'it said nothing';
    return boot ?? { unknown: `it did not boot in a container of its own: ${why}` };
  } catch (error) {
    if (error instanceof EngineError || error instanceof NodeUnreachable || error instanceof AgentError) {
      return { unknown: `it could not be booted in a container of its own: ${error.message}` };
    }
    throw error;
  }
}
