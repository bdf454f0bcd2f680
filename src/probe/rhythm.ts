import type { ResolvedProbe } from './resolve.js';

export interface Rhythm {
  readonly intervalMs: number;
  /** After this a request counts as failed. */
  readonly timeoutMs: number;
  /** Requests under way at the same time; beyond, none is sent. */
  readonly atOnce: number;
}

// More at once than fit in a time-out: a service that hangs is still asked at every turn.
const network: Rhythm = { intervalMs: 10, timeoutMs: 1000, atOnce: 128 };

export const rhythms: Readonly<Record<ResolvedProbe['kind'], Rhythm>> = {
  http: network,
  tcp: network,
  nowhere: network,
  // Each is a process inside the container, and one that hangs can't be stopped from outside.
  exec: { intervalMs: 1000, timeoutMs: 10_000, atOnce: 4 },
  docker: { intervalMs: 1000, timeoutMs: 5000, atOnce: 4 },
};
