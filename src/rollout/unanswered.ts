import type { Inputs } from '../config/inputs.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import type { Answer } from '../probe/answer.js';
import { askFor } from '../probe/ask.js';
import { awaitHealth } from '../probe/await-health.js';
import { type ResolvedProbe, resolveProbe, UnreachableContainer } from '../probe/resolve.js';
import { probeTimings } from '../probe/timing.js';
import { inWords } from '../probe/words.js';
import type { Clock } from '../system/log.js';
import { poll } from '../system/poll.js';
import { foreign } from '../system/quoted.js';
import { targetOf } from './for-container.js';

/** A container that does not answer its probe before anything has changed. */
export interface Unanswered {
  readonly name: string;
  /** What was asked, as a user would write it. */
  readonly asked: string;
  /** What came back, in words. */
  readonly got: string;
}

const triedForMs = 3_000;
const retryDelayMs = 200;
const startingMs = 30_000;

type Asking = { readonly engine: Engine; readonly clock: Clock };

/** Asks each container that runs by its probe, for a few seconds at most; answers those that never answered. */
export async function unansweredBefore(
  asking: Asking,
  inputs: Pick<Inputs, 'containers' | 'probe'>,
  containers: readonly ContainerDetails[],
): Promise<readonly Unanswered[]> {
  const running = containers.filter(({ State: state }) => state.Running && !state.Restarting && !state.Paused);
  const all = await Promise.all(running.map((container) => askOne(asking, inputs, container)));
  return all.flatMap((each) => each ?? []);
}

async function askOne(
  asking: Asking,
  inputs: Pick<Inputs, 'containers' | 'probe'>,
  container: ContainerDetails,
): Promise<Unanswered | undefined> {
  const target = targetOf(inputs, container);
  if (target === undefined) return undefined;
  const name = nameOf(container);
  if (target.kind === 'docker') {
    const got = await byHealthCheck(asking, container);
    return got === undefined ? undefined : { name, asked: 'its HEALTHCHECK', got };
  }
  try {
    const place = resolveProbe(target, container, asking.engine.host);
    const got = await askUntilAnswered(asking, place);
    return got === undefined ? undefined : { name, asked: spelled(place), got };
  } catch (error) {
    if (!(error instanceof UnreachableContainer)) throw error;
    return { name, asked: 'its probe', got: error.message };
  }
}

/** A container that was just started may not have been checked yet. */
async function byHealthCheck(
  { engine, clock }: Asking,
  { Id: id, RestartCount: restartsBefore }: ContainerDetails,
): Promise<string | undefined> {
  const health = await awaitHealth(engine, id, { clock, timeoutMs: startingMs, restartsBefore });
  return health.kind === 'healthy' ? undefined : health.why;
}

async function askUntilAnswered({ engine, clock }: Asking, place: ResolvedProbe): Promise<string | undefined> {
  const { timeoutMs } = probeTimings[place.kind];
  const ask = askFor(place, { clock, timeoutMs, engine });
  let failure: string | undefined;
  await poll(clock, { everyMs: retryDelayMs, withinMs: triedForMs }, async () => {
    const answer = await answerTo(ask, timeoutMs);
    failure = answer.answered ? undefined : inWords(answer.failure, timeoutMs);
    return answer.answered ? answer : undefined;
  });
  return failure;
}

async function answerTo(ask: ReturnType<typeof askFor>, timeoutMs: number): Promise<Answer> {
  return await new Promise<Answer>((resolve) => {
    const timer = setTimeout(() => {
      resolve({ answered: false, failure: 'timeout' });
      giveUp();
    }, timeoutMs);
    const giveUp = ask((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

function spelled(place: ResolvedProbe): string {
  switch (place.kind) {
    case 'http':
      return `http://${place.host}:${place.port}${place.path}`;
    case 'tcp':
      return `tcp://${place.host}:${place.port}`;
    case 'exec':
      return `exec:${foreign(place.command)}`;
    default:
      return place.kind;
  }
}
