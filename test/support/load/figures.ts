import { percentile } from '../../../src/probe/latency.js';
import type { Seen } from './crowd.js';
import type { Tally } from './tally.js';

/** What the clients of a target, or of all targets, saw. Times are in milliseconds. */
export interface Figures {
  /** All that were due, whether they could be sent or not. */
  readonly requests: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly requestsPerSecond: number;
  readonly connectionsOpened: number;
  /** Ended by the other side. */
  readonly connectionsLost: number;
  readonly repliesOutOfOrder: number;
  readonly countersBroken: number;
  readonly valuesLost: number;
  /** Connections to which a version came back that had been replaced. */
  readonly versionsWentBack: number;
  /** Longest time in which nobody got an answer; of several targets, the worst. */
  readonly longestGapMs: number;
  /** Longest time in which any one connection got no answer. */
  readonly longestConnectionGapMs: number;
  /** From when a request was due to its answer. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
}

export interface ConnectionFigures {
  /** In the order in which they answered. */
  readonly versionsSeen: readonly string[];
  readonly longestGapMs: number;
  readonly lost: number;
}

export interface TargetFigures extends Figures {
  readonly name: string;
  readonly connections: readonly ConnectionFigures[];
}

export function figuresOf(crowds: readonly Seen[], seconds: number): Figures {
  const connections = crowds.flatMap((crowd) => crowd.connections);
  const all = [...connections, ...crowds.map(({ http }) => http)];
  const sum = (of: (tally: Tally) => number) => all.reduce((total, tally) => total + of(tally), 0);
  const most = (times: readonly number[]) => times.reduce((longest, ms) => Math.max(longest, ms), 0);
  const latencies = all.flatMap((tally) => tally.latencies).sort((a, b) => a - b);
  const requests = sum((tally) => tally.requests);
  return {
    requests,
    failed: sum((tally) => tally.failed),
    failures: failuresOf(all),
    requestsPerSecond: requests / seconds,
    connectionsOpened: sum((tally) => tally.opened),
    connectionsLost: sum((tally) => tally.lost),
    repliesOutOfOrder: sum((tally) => tally.outOfOrder),
    countersBroken: sum((tally) => tally.countersBroken),
    valuesLost: sum((tally) => tally.valuesLost),
    versionsWentBack: connections.filter(({ versions }) => new Set(versions).size < versions.length).length,
    longestGapMs: most(crowds.map((crowd) => crowd.longestGapMs)),
    longestConnectionGapMs: most(connections.map((connection) => connection.longestGapMs)),
    latency: { p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99), maxMs: latencies.at(-1) ?? 0 },
  };
}

export function targetFigures(name: string, crowd: Seen, seconds: number): TargetFigures {
  const connections = crowd.connections.map(({ versions, longestGapMs, lost }) => ({
    versionsSeen: [...versions],
    longestGapMs,
    lost,
  }));
  return { name, ...figuresOf([crowd], seconds), connections };
}

function failuresOf(tallies: readonly Tally[]): Record<string, number> {
  const failures: Record<string, number> = {};
  for (const tally of tallies) {
    for (const [failure, times] of tally.failures) failures[failure] = (failures[failure] ?? 0) + times;
  }
  return failures;
}
