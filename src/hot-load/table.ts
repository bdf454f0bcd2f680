import type { Side } from '../journal/entry.js';

/** What the node says that it runs: the version from before, or the one that it was to come to. Any other counts as that. */
export type Runs = 'old' | 'new';

/** What is done about it, in words for people. */
export const upgradeActs = {
  downgrade:
    'go back to the old version while it runs; if that fails, restart the container, which boots the old version',
  unstage: 'remove the files that the run has brought',
  upgrade: 'go on to the new version while it runs',
  'make-permanent': 'make the new version what the container boots',
} as const;
export type UpgradeAct = keyof typeof upgradeActs;

/**
 * What is done about a hot load that was cut off: by the side to which its run goes, and by what the node says once it is at
 * rest. A node that says nothing is left as it is, and a person has to look: it may serve all the same. hot-deploy itself goes
 * by this table, and its script of bash is made with it.
 */
export const upgradeRecovery: Readonly<Record<Side, Readonly<Record<Runs, readonly UpgradeAct[]>>>> = {
  undo: { old: ['unstage'], new: ['downgrade', 'unstage'] },
  finish: { old: ['upgrade', 'make-permanent'], new: ['make-permanent'] },
};
