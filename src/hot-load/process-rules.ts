import { against, few } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { plainName, plainPlace } from '../release/modules.js';
import type { ProcessCheck } from '../release/processes.js';
import { nameProcess } from './comparison.js';

/** Why processes of a node would not come through an exchange of code; pure. Module by module all are found, whoever started them. */
export function judgeProcesses(processes: ProcessCheck, by: 'relup' | 'modules'): readonly Reason[] {
  return rules.flatMap((rule) => rule(by === 'relup' ? processes : { ...processes, unsupervised: [] }));
}

const rules: readonly ((processes: ProcessCheck) => readonly Reason[])[] = [
  (processes) =>
    processes.supervisors.map(({ path, why }) =>
      against(
        'supervisor-not-answering',
        path,
        `${path}: ${why}. release_handler asks every supervisor, and would crash on this one: it takes a restart.`,
      ),
    ),

  (processes) =>
    processes.wouldDie.map((note) =>
      against(
        'processes-would-die',
        nameProcess(note),
        `It is still inside old code of ${few(note.modules.map(plainName))} from an earlier upgrade; loading a third version would kill it. Wait until it is done, or end it.`,
      ),
    ),

  (processes) =>
    processes.funs.map(({ place, module }) =>
      against(
        'fun-kept',
        plainName(module),
        `${plainPlace(place)} keeps a fun that was made in ${plainName(module)}, and would call code that is gone after the upgrade. Keep a capture such as &Module.function/1 there, which always calls the newest code.`,
      ),
    ),

  (processes) =>
    processes.unanswering.map((note) =>
      against(
        'process-not-answering',
        nameProcess(note),
        'It has to be held while its code changes and does not answer system messages in time. Is it busy? suspend-timeout says how long to wait.',
      ),
    ),

  (processes) =>
    processes.unsupervised.map((note) =>
      against(
        'special-process-changed',
        nameProcess(note),
        'It runs a changed module, and no supervisor reports it with that module, so a relup would leave it its old state under new code. Supervise it, and name the module in its child specification.',
      ),
    ),
];
