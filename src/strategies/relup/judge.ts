import { codeRules } from '../../hot-load/code-rules.js';
import type { CodeComparison, Comparison } from '../../hot-load/comparison.js';
import { releaseRules } from '../../hot-load/release-rules.js';
import type { Reason } from '../../reasons/reason.js';
import { appupRules } from './appup-rules.js';

/** Reasons that need no look at the code. */
export function judgeRelease(comparison: Comparison): readonly Reason[] {
  return releaseRules.flatMap((rule) => rule(comparison));
}

/** Reasons that code, tree and processes give. */
export function judgeCode(comparison: CodeComparison): readonly Reason[] {
  const reasons = [...codeRules, ...appupRules].flatMap((rule) => rule(comparison));
  // An appup that is written by hand may do more than load modules, so the strategy `modules` does not take its place.
  const isWritten = comparison.appups.length > 0;
  return reasons.map((reason) =>
    isWritten && reason.code === 'special-process-changed' ? { ...reason, blocks: ['relup', 'modules'] } : reason,
  );
}
