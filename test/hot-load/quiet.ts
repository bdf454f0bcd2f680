import type { ProcessCheck } from '../../src/release/processes.js';

/** A node on which an upgrade would disturb nobody. */
export const quiet: ProcessCheck = {
  held: 0,
  supervisors: [],
  wouldDie: [],
  unanswering: [],
  unsupervised: [],
  funs: [],
  unseen: [],
  hosts: {},
  counts: {},
};
