import type { ResolvedProbe } from './resolve.js';

export interface ProbeTiming {
  readonly intervalMs: number;
  /** After this a request counts as failed. */
  readonly timeoutMs: number;
  /** Requests under way at the same time; beyond, none is sent. */
  readonly atOnce: number;
}

// Up to 100 ms an answer it is asked at every turn. One that is slower has enough to do: the probe must not be what takes it down.
const network: ProbeTiming = { intervalMs: 10, timeoutMs: 1000, atOnce: 10 };

export const probeTimings: Readonly<Record<ResolvedProbe['kind'], ProbeTiming>> = {
  http: network,
  tcp: network,
  nowhere: network,
  // Each is a process inside the container, and one that hangs can't be stopped from outside.
  exec: { intervalMs: 1000, timeoutMs: 10_000, atOnce: 4 },
  docker: { intervalMs: 1000, timeoutMs: 5000, atOnce: 4 },
};
