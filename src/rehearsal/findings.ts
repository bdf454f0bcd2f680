import type { Reason } from '../plan/reason.js';
import { against } from '../plan/rule.js';
import { plainPlace } from '../release/modules.js';
import type { Proof } from '../report/report.js';
import type { Compared } from './compare.js';

/** Every difference from a cold boot that closes the hot way, as reasons. */
export function findings(proof: Proof, compared: Compared): readonly Reason[] {
  const { modules, environment, protocols, supervision, registrations } = proof;
  return [
    ...compared.states.map(({ place, module, what }) =>
      against(
        'state-shape-changed',
        module,
        `After the upgrade ${what} (${plainPlace(place)}). ${module === 'Agent.Server' ? 'An Agent has no code_change of its own: make it a GenServer that has one' : 'Write a code_change that brings the old state into the new shape'}, or leave it to a restart.`,
      ),
    ),
    ...failed('module', modules.differing, 'does not run as the new release has it'),
    ...failed('setting', [...environment.differing, ...compared.settings], 'is not as after a cold boot'),
    ...failed('protocol', protocols.differing, 'is not consolidated as in the new release'),
    ...failed('supervision', supervision.differing, 'and not so after a cold boot'),
    ...failed('registration', registrations.differing, 'is there after a cold boot and not after the upgrade'),
  ];
}

function failed(what: string, differing: readonly string[], how: string): readonly Reason[] {
  return differing.map((name) =>
    against(
      'rehearsal-failed',
      name,
      `On a throw-away container the upgrade ended otherwise than a cold boot (${what}): ${name} ${how}.`,
    ),
  );
}
