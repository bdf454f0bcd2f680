import { systemClock as clock } from '../../../src/system/log.js';
import { type Crowd, gatherCrowd } from './crowd.js';
import { type Figures, figuresOf, type TargetFigures, targetFigures } from './figures.js';
import { checkBounds, type LoadOptions } from './options.js';

export interface RunningLoad {
  /** As things stand. */
  counters(): LoadCounters;
  /** The same result however often it is asked for, also when the load has ended by itself. */
  stop(): Promise<LoadResult>;
}

export interface LoadCounters {
  readonly requests: number;
  readonly failed: number;
  readonly connectionsOpen: number;
  readonly connectionsLost: number;
}

export interface LoadResult {
  readonly seconds: number;
  /** Longest time in which the load itself was held up: no gap is more exact than this. */
  readonly lagMs: number;
  readonly total: Figures;
  readonly targets: readonly TargetFigures[];
}

const CONNECT_WITHIN_MS = 5000;

/**
 * Clients of octochat that stay connected, and others that come by HTTP, asking on schedule whatever the answers do.
 *
 * @throws RangeError when it would be too much for one machine
 * @throws Error when not all connections were answered within 5 s
 */
export async function startLoad(options: LoadOptions): Promise<RunningLoad> {
  checkBounds(options);
  const crowds = options.targets.map((target) => gatherCrowd(target, options));
  await allConnected(crowds, options);
  const start = clock.now();
  for (const crowd of crowds) crowd.begin();

  let result: Promise<LoadResult> | undefined;
  const end = async () => {
    clearTimeout(atLast);
    const seconds = (clock.now() - start) / 1000;
    await Promise.all(crowds.map((crowd) => crowd.stop()));
    return resultOf(crowds, options, seconds);
  };
  const stop = () => {
    result ??= end();
    return result;
  };
  const atLast = setTimeout(stop, options.maxSeconds * 1000);
  return { counters: () => countersOf(crowds), stop };
}

async function allConnected(crowds: readonly Crowd[], options: LoadOptions): Promise<void> {
  const wanted = crowds.length * options.connectionsPerTarget;
  const connected = () => crowds.reduce((sum, crowd) => sum + crowd.connected(), 0);
  for (const until = clock.now() + CONNECT_WITHIN_MS; connected() < wanted; await clock.sleep(5)) {
    if (clock.now() < until) continue;
    const answered = connected();
    await Promise.all(crowds.map((crowd) => crowd.stop()));
    const ports = options.targets.map(({ name, tcpPort }) => `${name} on ${tcpPort}`).join(', ');
    throw new Error(`${answered} of ${wanted} connections were answered within 5 s: look at ${ports}`);
  }
}

function countersOf(crowds: readonly Crowd[]): LoadCounters {
  const tallies = crowds.map((crowd) => crowd.seen()).flatMap(({ connections, http }) => [...connections, http]);
  return {
    requests: tallies.reduce((sum, { requests }) => sum + requests, 0),
    failed: tallies.reduce((sum, { failed }) => sum + failed, 0),
    connectionsOpen: crowds.reduce((sum, crowd) => sum + crowd.connected(), 0),
    connectionsLost: tallies.reduce((sum, { lost }) => sum + lost, 0),
  };
}

function resultOf(crowds: readonly Crowd[], { targets }: LoadOptions, seconds: number): LoadResult {
  const seen = crowds.map((crowd) => crowd.seen());
  return {
    seconds,
    lagMs: seen.reduce((longest, { lagMs }) => Math.max(longest, lagMs), 0),
    total: figuresOf(seen, seconds),
    targets: seen.map((one, i) => targetFigures(targets[i]?.name ?? '', one, seconds)),
  };
}
