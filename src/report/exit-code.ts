import type { Outcome } from './report.js';

/** 2 is left to wrong usage. */
export const exitCodes = {
  planned: 0,
  unchanged: 0,
  deployed: 0,
  refused: 1,
  'rolled-back': 3,
  failed: 4,
} as const satisfies Readonly<Record<Outcome, number>>;
