import type { Drift } from '../deployment/drift.js';
import { EngineError } from '../engines/call.js';
import { type ContainerDetails, type ImageDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { entriesOf } from '../journal/history.js';
import { readJournals } from '../journal/journal.js';
import { AgentError } from '../node/agent.js';
import { NodeUnreachable } from '../node/node.js';
import { Refusal } from '../reasons/refusal.js';
import { compareImages, type ImageChange } from '../release/base.js';
import type { RunningRelease } from '../release/release.js';
import { type Hints, readRunning } from '../release/running.js';
import type { Clock } from '../system/log.js';
import { once } from '../system/once.js';
import { readBeams } from './beams.js';
import { suspects } from './code.js';
import { compareWithImage } from './compare.js';
import { configuredBy } from './configured.js';
import { historyOf, stopped, unread, volumeOver } from './container.js';
import { findMeant, type MeantImage, nameImage } from './meant.js';
import { recorded } from './recorded.js';
import { bootHeld, type Held, readHeld } from './reference.js';
import type { Boot, Seen, Unknown } from './seen.js';
import { readStartup } from './startup.js';
import { readState } from './state.js';

/** What a look works with. */
export interface Around {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly hints: Hints;
  /** The image that the user named. */
  readonly image?: string;
  /** Fingerprints of one run are made with one. */
  readonly salt: string;
}

/** One container: what is known, and what to tell a person of what is not. */
export interface Look {
  readonly drift: Drift;
  readonly message?: string;
}

/** Looks at containers one after another; those on one image share what is read of it. Changes nothing on them. */
export function looking(around: Around): (container: ContainerDetails) => Promise<Look> {
  const shared = { held: once<Held>(), boots: once<Boot | Unknown>(), images: once<ImageChange>() };
  return (container) => look(around, shared, container);
}

interface Shared {
  readonly held: (key: string, read: () => Promise<Held>) => Promise<Held>;
  readonly boots: (key: string, boot: () => Promise<Boot | Unknown>) => Promise<Boot | Unknown>;
  readonly images: (key: string, read: () => Promise<ImageChange>) => Promise<ImageChange>;
}

async function look(around: Around, shared: Shared, container: ContainerDetails): Promise<Look> {
  const { engine, image } = around;
  const [oldImage, meant] = await Promise.all([engine.findImage(container.Image), findMeant(engine, container, image)]);
  const known: Known = {
    madeFrom: {
      ...(oldImage ? nameImage(oldImage) : { id: container.Image, names: [] }),
      present: oldImage !== undefined,
    },
    ...(meant.details && { meant: { ...nameImage(meant.details), reference: meant.reference } }),
    history: historyOf(container),
    differences: [],
    notCompared: [],
  };
  try {
    return await compared(around, shared, { container, oldImage, meant, known });
  } catch (error) {
    // One that cannot be read says why; the others are still shown.
    if ([Refusal, EngineError, NodeUnreachable, AgentError].some((expected) => error instanceof expected)) {
      return { drift: { ...known, state: 'unread' }, message: (error as Error).message };
    }
    throw error;
  }
}

type Known = Pick<Drift, 'madeFrom' | 'meant' | 'history' | 'differences' | 'notCompared'>;

async function compared(
  around: Around,
  shared: Shared,
  at: {
    readonly container: ContainerDetails;
    readonly oldImage: ImageDetails | undefined;
    readonly meant: Awaited<ReturnType<typeof findMeant>>;
    readonly known: Known;
  },
): Promise<Look> {
  const { engine, hints } = around;
  const { container, oldImage, meant, known } = at;
  const still = stopped(container);
  const reading = still === undefined ? await readRunning(engine, container, { ...hints, untouched: true }) : undefined;
  if (reading?.kind !== 'running') {
    return { drift: { ...known, state: 'unread' }, message: still ?? unread(reading) };
  }
  const { release: running } = reading;
  const { name, version, nodeName: node, otp, root } = running;
  const entries = entriesOf(await readJournals(engine), nameOf(container));
  const written = recorded(entries, { id: container.Id, labels: container.Config.Labels ?? {} });
  const runs = {
    ...known,
    runs: { name, version, node, otp },
    history: [...known.history, ...written.history],
    differences: written.differences,
  };
  if (meant.details === undefined) {
    const missing = `${meant.reference}: the engine has no image of that name any more, so a new container could not be made from it. Pull it, or name another with \`image\``;
    return { drift: { ...runs, state: 'unclear', notCompared: [missing] } };
  }
  const held = await shared.held(`${meant.details.Id} ${name} ${root} ${version}`, () =>
    readHeld(engine, meant, running),
  );
  const nobody = `the tag that a new container would be made from: this one was made from the id of its image, and no tag names that any more. Name it with \`image\``;
  const seen = await see(around, shared, { container, oldImage, running, meant, held });
  const found = compareWithImage(seen);
  return {
    drift: {
      ...runs,
      ...found,
      meant: { ...nameImage(meant.details), reference: meant.reference, version: held.release.version },
      history: [...runs.history, ...found.history].sort((one, other) => one.at.localeCompare(other.at)),
      differences: [...written.differences, ...found.differences],
      ...notInFull(written.differences.length > 0 ? { ...found, state: 'differs' } : found, [
        ...(meant.nameless ? [nobody] : []),
        ...volumeOver(container, running),
      ]),
    },
  };
}

/** What a comparison leaves open beside what it could not compare itself. */
function notInFull({ state, notCompared }: Pick<Drift, 'state' | 'notCompared'>, more: readonly string[]) {
  const open = state === 'equal' && more.length > 0;
  return { state: open ? ('unclear' as const) : state, notCompared: [...notCompared, ...more] };
}

async function see(
  { engine, clock, salt, hints }: Around,
  shared: Shared,
  at: {
    readonly container: ContainerDetails;
    readonly oldImage: ImageDetails | undefined;
    readonly running: RunningRelease;
    readonly meant: MeantImage;
    readonly held: Held;
  },
): Promise<Seen> {
  const { container, oldImage, running, meant, held } = at;
  const { Env, Cmd, Entrypoint } = container.Config;
  const gone = {
    unknown: `the engine no longer has the image ${container.Image} that the container was made from, so its own settings cannot be told from the image's`,
  };
  const key = JSON.stringify([container.Image, meant.details.Id, held.release.root, Env, Cmd, Entrypoint]);
  const boot =
    oldImage === undefined
      ? gone
      : shared.boots(key, () =>
          bootHeld(
            engine,
            { container, oldImage, image: meant.details },
            held,
            { nodeName: running.nodeName, named: hints.nodeName !== undefined },
            salt,
            clock,
          ),
        );
  const image =
    oldImage === undefined
      ? gone
      : shared.images(`${oldImage.Id} ${meant.details.Id} ${running.root} ${held.release.root}`, () =>
          compareImages(
            engine,
            { image: oldImage, root: running.root },
            { image: meant.details, root: held.release.root },
          ),
        );
  try {
    return { ...(await told(engine, at, salt)), boot: await boot, image: await image };
  } finally {
    // Whoever is told that a node cannot be read is left with no throw-away container that still boots.
    await Promise.allSettled([boot, image]);
  }
}

/** What the node itself says, and what lies in its container. */
async function told(
  engine: Engine,
  {
    container,
    running,
    meant,
    held,
  }: {
    readonly container: ContainerDetails;
    readonly running: RunningRelease;
    readonly meant: MeantImage;
    readonly held: Held;
  },
  salt: string,
): Promise<Omit<Seen, 'boot' | 'image'>> {
  const { node, root, version, vm } = running;
  const beams = await readBeams(engine, container.Id, vm.user, root, version, running.applications);
  const seen = {
    running,
    beams,
    meant: {
      reference: meant.reference,
      ...(meant.taggedAt && { taggedAt: meant.taggedAt }),
      madeFrom: container.Image === meant.details.Id,
      ...held,
    },
    created: new Date(container.Created).toISOString(),
  };
  const asked = suspects(seen).filter((module) => running.modules[module] !== undefined);
  return {
    ...seen,
    state: await readState(node, salt, asked),
    configured: await configuredBy(node, running, salt),
    startup: await readStartup(engine, container, running),
  };
}
