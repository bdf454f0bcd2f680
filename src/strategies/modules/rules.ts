import { updateSupervisors } from '../../hot-load/children.js';
import { codeRules } from '../../hot-load/code-rules.js';
import type { CodeComparison, Comparison } from '../../hot-load/comparison.js';
import { releaseRules } from '../../hot-load/release-rules.js';
import { against, few } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { plainPlace } from '../../release/modules.js';

/** Reasons that need no look at the code; pure. */
export function judgeRelease(comparison: Comparison): readonly Reason[] {
  const shared = releaseRules.flatMap((rule) => rule(comparison)).filter(({ code }) => code !== 'sasl-missing');
  return [...shared, ...comparison.change.applications.added.map(joins)];
}

/** Reasons that code, tree and processes give; pure. */
export function judgeCode(comparison: CodeComparison): readonly Reason[] {
  const found = codeRules.flatMap((rule) => rule({ ...comparison, by: 'modules' }));
  return [...found, ...supervisionRule(comparison)];
}

function joins({ name, version }: { readonly name: string; readonly version: string }): Reason {
  const message = `${name} ${version} is new in the release. Without release_handler it is started by a restart; a relup starts it hot where the release has sasl.`;
  return against('application-added', name, message);
}

/** What is told to supervisors is part of a relup. */
function supervisionRule({ supervision, modules }: CodeComparison): readonly Reason[] {
  if ('unknown' in supervision) return [];
  const changed = new Set(modules.flatMap((application) => application.changed.map(({ to }) => to.module)));
  return updateSupervisors(supervision, changed).updates.map(({ path, words }) =>
    against(
      'supervision-changed',
      plainPlace(path),
      `${few(words, 3)}: without release_handler nobody tells ${plainPlace(path)}. It takes a restart; with sasl in the release it is done hot.`,
    ),
  );
}
