import type { SupervisorUpdate } from '../../hot-load/children.js';
import { isCallback, isSupervisor, migration } from '../../hot-load/code-change.js';
import { atom, type Term, text, tuple } from '../../node/term.js';
import type { ApplicationChange } from '../../release/compare.js';
import type { ModuleChanges } from '../../release/modules.js';
import type { ModuleFacts } from '../../release/release.js';
import { Order } from './order.js';

/** A generated appup: `{ToVsn, [{FromVsn, Up}], [{FromVsn, Down}]}`. */
export interface Appup {
  readonly application: string;
  readonly term: Term;
}

/**
 * Generates the appups of all changed applications together, since the order of loading goes across them. Each
 * instruction depends on the next, so systools makes one switch of all: everything that has to change together is
 * held, no new caller meets an old callee, state is migrated, and only then anything runs on. Both purges are soft,
 * always: the default kills whoever is still inside old code.
 */
export function generateAppups(
  changes: readonly {
    readonly change: ApplicationChange;
    readonly modules: ModuleChanges;
    readonly supervisors: readonly SupervisorUpdate[];
  }[],
): readonly Appup[] {
  const exchanged = changes.map((each) => ({ ...each, modules: withoutProtocols(each.modules) }));
  const all = exchanged.map(({ modules }) => modules);
  const upOrder = callersFirst(all.flatMap((modules) => [...modules.added, ...modules.changed.map(({ to }) => to)]));
  // What comes back has to be there before those that call it, which come back after it.
  const downOrder = [
    ...all.flatMap((modules) => modules.removed.map(({ module }) => module)),
    ...callersFirst(all.flatMap((modules) => modules.changed.map(({ to }) => to))),
  ];
  const applicationOf = new Map(
    all.flatMap(({ name, added, removed, changed }) =>
      [...added, ...removed, ...changed.map(({ to }) => to)].map(({ module }) => [module, name] as const),
    ),
  );
  const [up, down] = [new Order(upOrder, applicationOf), new Order(downOrder, applicationOf)];
  return exchanged.map(({ change, modules, supervisors }, at) =>
    appup(change, modules, changes[at]?.modules ?? modules, supervisors, up, down),
  );
}

// A protocol of an application is not what runs: its consolidated twin in the release is, and loading the
// application's own would undo the consolidation.
function withoutProtocols(modules: ModuleChanges): ModuleChanges {
  return {
    ...modules,
    added: modules.added.filter((module) => !module.protocol),
    removed: modules.removed.filter((module) => !module.protocol),
    changed: modules.changed.filter(({ to }) => !to.protocol),
  };
}

function appup(
  change: ApplicationChange,
  { added, removed, changed, callbacks }: ModuleChanges,
  // Protocols with them: nobody else takes those away that only one of the releases has.
  all: Pick<ModuleChanges, 'added' | 'removed'>,
  supervisors: readonly SupervisorUpdate[],
  upOrder: Order,
  downOrder: Order,
): Appup {
  const up = [
    ...instructions(changed, added, upOrder),
    ...all.removed.map(remove),
    ...supervisors.map((supervisor) => supervisor.up),
    ...configChange(callbacks?.to),
  ];
  // On the way down it is the new module's code_change that is called, with {down, Vsn}: what it exports decides.
  const down = [
    ...instructions(changed, removed, downOrder),
    // Behind the code: what was ended on the way up is started by it, and known only to the specifications it brings along.
    ...supervisors.toReversed().map((supervisor) => supervisor.down),
    ...configChange(callbacks?.from),
    ...all.added.map(remove),
  ];
  return {
    application: change.name,
    term: tuple(text(change.to), [tuple(text(change.from), up)], [tuple(text(change.from), down)]),
  };
}

/** Files of an application change with its version, and a cache of them is nothing that a setting would tell of. */
function configChange(callback: string | null | undefined): readonly Term[] {
  return callback == null
    ? []
    : [tuple(atom('apply'), tuple(atom('hot_deploy_step'), atom('config_change'), [atom(callback)]))];
}

/** What changes and what comes, in the order in which all depend on each other. */
function instructions(changed: ModuleChanges['changed'], come: readonly ModuleFacts[], order: Order): readonly Term[] {
  return [
    ...changed.map(({ from, to }) => [to.module, exchange(to, from, order.dependencies(to.module))] as const),
    ...come.map(({ module }) => [module, loadModule(module, order.dependencies(module))] as const),
  ]
    .sort(([one], [other]) => order.place(one) - order.place(other))
    .map(([, instruction]) => instruction);
}

type Kind = 'supervisor' | 'migrates' | 'held' | 'plain';

/** How the processes of a module take up new code. */
function kindOf(module: ModuleFacts, other: ModuleFacts): Kind {
  if (isSupervisor(module) || isSupervisor(other)) {
    return 'supervisor';
  }
  if (!isCallback(module) && !isCallback({ ...other, codeChange: [] })) {
    return 'plain';
  }
  // Without the function an update would crash (undef), so such a process is only held while its code changes.
  return migration(module) === undefined ? 'held' : 'migrates';
}

const soft = [atom('soft_purge'), atom('soft_purge')] as const;

function exchange(to: ModuleFacts, from: ModuleFacts, dependsOn: readonly string[]): Term {
  const module = atom(to.module);
  const modules = dependsOn.map(atom);
  const migrate = tuple(atom('advanced'), []);
  switch (kindOf(to, from)) {
    case 'supervisor':
      // What {update, Module, supervisor} stands for, with soft purges.
      return tuple(atom('update'), module, atom('static'), atom('default'), migrate, ...soft, modules);
    case 'migrates':
      return tuple(atom('update'), module, migrate, ...soft, modules);
    case 'held':
      return tuple(atom('update'), module, atom('soft'), ...soft, modules);
    case 'plain':
      return loadModule(to.module, dependsOn);
  }
}

function loadModule(module: string, dependsOn: readonly string[]): Term {
  return tuple(atom('load_module'), atom(module), ...soft, dependsOn.map(atom));
}

// delete_module would purge by force.
function remove(module: ModuleFacts): Term {
  return tuple(atom('remove'), tuple(atom(module.module), ...soft));
}

/**
 * Module names so that a caller stands before what it calls: systools loads in reverse on the way up, and in this
 * order on the way down. Within a cycle the order of the names decides; the processes in it are held, so nobody calls
 * in between.
 */
function callersFirst(modules: readonly ModuleFacts[]): readonly string[] {
  const byName = new Map(modules.map((module) => [module.module, module]));
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    for (const called of byName.get(name)?.calls ?? []) {
      if (byName.has(called)) {
        visit(called);
      }
    }
    order.unshift(name);
  };
  for (const name of [...byName.keys()].sort()) {
    visit(name);
  }
  return order;
}
