import { updateSupervisors } from '../../hot-load/children.js';
import type { CodeComparison } from '../../hot-load/comparison.js';
import { against, remark } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { plainName } from '../../release/modules.js';
import { coverage } from './coverage.js';
import { repositoryFile } from './hand-written.js';

type Rule = (comparison: CodeComparison) => readonly Reason[];

/** What hand-written appups say, and what they leave unsaid. */
export const appupRules: readonly Rule[] = [
  ({ appups }) =>
    appups
      .filter(({ kind }) => kind === 'unreadable')
      .map(({ application, file, why = '' }) =>
        against(
          'appup-unreadable',
          application,
          `${file} is no appup: ${why}. Mend it, or leave it out to have one generated.`,
        ),
      ),

  ({ appups }) =>
    appups
      .filter(({ kind }) => kind === 'missing')
      .map(({ application, from, to, file, why = '' }) =>
        against(
          'appup-missing',
          application,
          `${file} does not say how ${application} comes from ${from} to ${to} and back: ${why}. ${file.startsWith('rel/') ? 'Write' : `Add {"${from}", Instructions} to both of its lists, or write`} ${repositoryFile(application, from, to)}.`,
        ),
      ),

  ({ relup }) =>
    relup?.restarts === true
      ? [
          against(
            'appup-restarts-emulator',
            'relup',
            'A hand-written appup asks for a restart of the emulator, which is a restart of the container done worse.',
          ),
        ]
      : [],

  (comparison) =>
    findings(comparison)
      .filter(({ kind }) => kind === 'incomplete')
      .map(({ appup, module, says }) =>
        against(
          'appup-incomplete',
          `${appup.application}: ${plainName(module)}`,
          `${appup.file} and ${plainName(module)}: ${says}.`,
        ),
      ),

  (comparison) =>
    findings(comparison)
      .filter(({ kind }) => kind === 'unchanged')
      .map(({ appup, module, says }) =>
        remark(
          'appup-mentions-unchanged',
          `${appup.application}: ${plainName(module)}`,
          `${appup.file} and ${plainName(module)}: ${says}.`,
        ),
      ),

  // Who calls anything by hand may well start and end the children with it; the proof tells. Who does not, does not.
  ({ appups, relup, supervision, modules }) => {
    if (relup === undefined || relup.restarts || 'unknown' in supervision) {
      return [];
    }
    const exchanged = new Set(modules.flatMap(({ changed }) => changed.map(({ to }) => to.module)));
    const { updates } = updateSupervisors(supervision, exchanged);
    const wanted = updates.map((update) => ({
      ...update,
      appup: appups.find(({ application }) => application === update.application),
    }));
    const generated = wanted.filter(({ appup }) => appup === undefined);
    return relup.up.applies > generated.length
      ? []
      : wanted
          .filter(({ appup, application }) => appup !== undefined && !relup.up.restarts.includes(application))
          .map(({ appup, application, path, words }) =>
            against(
              'appup-incomplete',
              `${application}: ${path}`,
              `${appup?.file} and ${words.join('; ')}: nothing in it does that. Add an \`apply\` of \`supervisor\`'s functions that does, and the reverse on the way down, or leave ${application} to a generated appup.`,
            ),
          );
  },
];

function findings({ appups, relup, modules, next }: CodeComparison) {
  return relup === undefined || relup.restarts
    ? []
    : appups.flatMap((appup) => {
        const changes = modules.find(({ name }) => name === appup.application);
        const own = next.applications.find(({ name }) => name === appup.application);
        return changes === undefined
          ? []
          : coverage(appup, changes, Object.keys(own?.modules ?? {}), next.protocols, relup);
      });
}
