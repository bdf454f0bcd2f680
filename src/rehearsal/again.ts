import type { Reason } from '../plan/reason.js';
import { against } from '../plan/rule.js';
import { plainPlace } from '../release/modules.js';
import { compareTrees, mayHaveEnded, type Tree } from '../release/supervision.js';

/**
 * Temporary children that have done their work where people are served, and that the upgrade would start again since a
 * cold boot of the new release has them. Only a boot of what runs tells them from children that are new. Pure.
 */
export function startedAgain(serving: Tree, booted: { readonly old: Tree; readonly new: Tree }): readonly Reason[] {
  const missing = new Set(compareTrees(booted.old, booted.new).filter(mayHaveEnded).map(place));
  return compareTrees(serving, booted.new)
    .filter((change) => mayHaveEnded(change) && !missing.has(place(change)))
    .map((change) =>
      against(
        'rehearsal-failed',
        plainPlace(place(change)),
        'It is temporary and has ended since the container started, and the upgrade would start it a second time. A restart starts everything once.',
      ),
    );
}

function place(change: Parameters<typeof mayHaveEnded>[0]): string {
  return 'child' in change ? `${change.path}/${change.child.id}` : change.path;
}
