import { against, few, remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { exchanged } from '../release/compare.js';
import { plainName, plainPlace } from '../release/modules.js';
import { expectedModules, type ModuleFacts } from '../release/release.js';
import { updateSupervisors } from './children.js';
import type { CodeComparison } from './comparison.js';
import { judgeProcesses } from './process-rules.js';
import { restartedBy } from './script.js';

type Rule = (comparison: CodeComparison) => readonly Reason[];

/** What the code itself says, the supervision tree of a cold boot, and the processes of the node. */
export const codeRules: readonly Rule[] = [
  ({ modules }) =>
    modules
      .filter(({ patched }) => patched.length > 0)
      .map(({ name, patched }) =>
        against(
          'baseline-mismatch',
          name,
          `The node runs ${few(patched.map(plainName))} in another version than its disk holds: somebody loaded code by hand. A restart brings it back to what can be named.`,
        ),
      ),

  ({ modules }) =>
    changedPairs(modules)
      .filter(({ from, to }) => from.nif || to.nif)
      .map(({ to }) =>
        against(
          'nif-changed',
          plainName(to.module),
          `${plainName(to.module)} loads a native library, which a running VM does not exchange: it takes a restart.`,
        ),
      ),

  // The module need not change for it: what is loaded stays loaded.
  ({ change, running, next }) =>
    exchanged(change).flatMap(({ name, from, to }) =>
      Object.keys(running.files)
        .filter((path) => path.startsWith(`lib/${name}-${from}/priv/`) && /\.so(\.\d+)*$/.test(path))
        .filter(
          (path) => next.files[path.replace(`lib/${name}-${from}/`, `lib/${name}-${to}/`)] !== running.files[path],
        )
        .map((path) =>
          against(
            'nif-changed',
            path,
            from === to
              ? `${path} was compiled again, and processes that loaded the old one keep it: it takes a restart. Compile dependencies in a layer of the image that does not depend on the version, and it stays the same.`
              : `${path} is another library in ${name} ${to}, and processes that loaded the old one keep it: it takes a restart.`,
          ),
        ),
    ),

  ({ modules }) =>
    changedPairs(modules)
      .filter(({ from, to }) => from.callbackMode !== to.callbackMode && from.callbackMode && to.callbackMode)
      .map(({ from, to }) =>
        against(
          'callback-mode-changed',
          plainName(to.module),
          `${plainName(to.module)} changes its callback mode from ${from.callbackMode} to ${to.callbackMode}. On the way back a state machine asks the new version for it, so there would be no way back: it takes a restart.`,
        ),
      ),

  ({ modules, relup }) =>
    modules
      .filter(({ name, started }) => started.length > 0 && !(relup && restartedBy(relup).includes(name)))
      .map(({ name, started }) =>
        against(
          'application-start-changed',
          name,
          `${name} has another ${few(started)}, which is read only when it starts: it takes a restart, or, with sasl in the release, a hand-written appup with {restart_application, ${name}}.`,
        ),
      ),

  ({ modules }) =>
    [...changedPairs(modules).map(({ to }) => to), ...modules.flatMap(({ added }) => added)]
      .filter(({ onLoad }) => onLoad)
      .map(({ module }) =>
        against(
          'on-load-changed',
          plainName(module),
          `${plainName(module)} has an on_load function: if it failed under way, the VM would restart, so the container is restarted in order.`,
        ),
      ),

  ({ modules }) =>
    changedPairs(modules)
      .map(({ from, to }) => ({ module: to.module, from: kinds(from), to: kinds(to) }))
      .filter(({ from, to }) => from !== '' && to !== '' && from !== to)
      .map(({ module, from, to }) =>
        against(
          'behaviour-changed',
          plainName(module),
          `${plainName(module)} was a ${from} and becomes a ${to}, which a process that runs cannot: it takes a restart.`,
        ),
      ),

  // In one script, and in this order: it would be gone afterwards, on the way down too.
  ({ modules, next }) => {
    const expected = expectedModules(next);
    return modules.flatMap(({ name, removed }) =>
      removed
        .filter(({ module, protocol }) => !protocol && module in expected)
        .map(({ module }) =>
          against(
            'module-moved',
            plainName(module),
            `${plainName(module)} moved from ${name} to another application, and a hot load would bring it with the one and remove it with the other. It takes a restart.`,
          ),
        ),
    );
  },

  // Of an application that is restarted nothing has to be carried over.
  ({ supervision, modules, drift, relup }) =>
    'unknown' in supervision
      ? unknownTree(supervision.unknown, modules)
      : impossible(
          supervision.filter(({ application }) => !(relup && restartedBy(relup).includes(application))),
          { modules, drift },
        ),

  ({ processes, by }) => judgeProcesses(processes, by ?? 'relup'),

  ({ processes, modules }) =>
    Object.entries(processes.hosts)
      .filter(([module]) => !changedPairs(modules).some(({ to }) => to.module === module && to.codeChange.includes(3)))
      .map(([module, count]) =>
        remark(
          'host-not-migrated',
          plainName(module),
          `${count} ${count === 1 ? 'process runs' : 'processes run'} ${plainName(module)}, an open page or channel for one, and ${count === 1 ? 'goes' : 'go'} on with the state that the old code made. If the new code needs more than that, it crashes and starts over: write a code_change/3 in ${plainName(module)} that brings the state along.`,
        ),
      ),
];

const processes = ['gen_server', 'gen_statem', 'gen_event', 'gen_fsm', 'supervisor', 'DynamicSupervisor'];

/** The behaviours of OTP's that make a process what it is; Elixir's carry the same names in another spelling. */
function kinds({ behaviours }: ModuleFacts): string {
  const names = behaviours.map((name) => erlangNames[name] ?? name);
  return [...new Set(names.filter((name) => processes.includes(name)))].sort().join(' and ');
}

const erlangNames: Readonly<Record<string, string>> = {
  'Elixir.GenServer': 'gen_server',
  'Elixir.GenEvent': 'gen_event',
  'Elixir.Supervisor': 'supervisor',
  'Elixir.DynamicSupervisor': 'DynamicSupervisor',
};

function changedPairs(modules: CodeComparison['modules']) {
  return modules.flatMap(({ changed }) => changed);
}

// Without a cold boot's tree only code that cannot change the tree is safe: none of it starts or specifies children.
function unknownTree(why: string, modules: CodeComparison['modules']): readonly Reason[] {
  const specifies = modules
    .flatMap(({ added, changed }) => [...added, ...changed.map(({ to }) => to)])
    .filter(
      (module) =>
        module.exports.some((name) => ['child_spec/1', 'start/2'].includes(name)) ||
        module.behaviours.some((name) => /supervisor$/i.test(name)),
    );
  return specifies.length === 0
    ? []
    : [
        against(
          'cold-boot-failed',
          few(specifies.map(({ module }) => plainName(module))),
          `These modules specify children, and the new release did not boot in a container of its own to show its supervision tree: ${why}`,
        ),
      ];
}

function impossible(
  supervision: Exclude<CodeComparison['supervision'], { unknown: string }>,
  { modules, drift }: Pick<CodeComparison, 'modules' | 'drift'>,
): readonly Reason[] {
  const changed = new Set(modules.flatMap((application) => application.changed.map(({ to }) => to.module)));
  const touched = new Set(
    supervision.flatMap((change) => ('child' in change ? [`${change.path}/${change.child.id}`] : [])),
  );
  return [
    ...updateSupervisors(supervision, changed).impossible.map(({ subject, why }) =>
      against(
        'supervision-changed',
        plainPlace(subject),
        `${plainPlace(subject)} cannot be carried over: ${why}. It takes a restart.`,
      ),
    ),
    ...drift
      .map(({ path, child, what }) => ({ place: `${path}/${child}`, what }))
      .filter(({ place }) => touched.has(place))
      .map(({ place, what }) =>
        against(
          'supervision-changed',
          plainPlace(place),
          `The upgrade changes ${plainPlace(place)}, and what runs differs there from a boot of its own release (${plainPlace(what)}). It takes a restart.`,
        ),
      ),
  ];
}
