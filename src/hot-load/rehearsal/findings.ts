import type { Proof } from '../../deployment/report.js';
import { against } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import { plainPlace } from '../../release/modules.js';
import type { Compared } from './compare.js';

/** Every difference from a cold boot that closes the hot way, as reasons. */
export function findings(
  proof: Proof,
  compared: Compared,
  went: 'upgrade' | 'downgrade' = 'upgrade',
): readonly Reason[] {
  const { modules, environment, protocols, supervision, registrations } = proof;
  return [
    ...compared.states.map(({ place, module, what }) =>
      against(
        'state-shape-changed',
        module,
        `After the ${went} ${what} (${plainPlace(place)}). ${module === 'Agent.Server' ? 'An Agent has no code_change of its own: make it a GenServer that has one' : went === 'upgrade' ? 'Write a code_change that brings the old state into the new shape' : 'Write a code_change that takes {down, Vsn} and brings the state into the older shape'}, or leave it to a restart.`,
      ),
    ),
    ...failed(went, 'module', modules.differing, 'does not run as that release has it'),
    ...failed(went, 'setting', [...environment.differing, ...compared.settings], 'is not as after a cold boot'),
    ...failed(went, 'protocol', protocols.differing, 'is not consolidated as in that release'),
    ...failed(went, 'supervision', supervision.differing, 'and not so after a cold boot'),
    ...failed(went, 'registration', registrations.differing, 'is there after a cold boot and not here'),
  ];
}

function failed(went: string, what: string, differing: readonly string[], how: string): readonly Reason[] {
  return differing.map((name) =>
    against(
      'rehearsal-failed',
      name,
      `On a throw-away container the ${went} ended otherwise than a cold boot (${what}): ${name} ${how}.`,
    ),
  );
}
