import { atom, type Term, text, tuple } from '../node/term.js';
import type { ApplicationChange } from '../release/compare.js';
import { type ModuleChanges, plainName } from '../release/modules.js';
import type { ModuleFacts } from '../release/release.js';
import type { ChildAction } from './children.js';

/** A generated appup: `{ToVsn, [{FromVsn, Up}], [{FromVsn, Down}]}`, and what it does, in words. */
export interface Appup {
  readonly application: string;
  readonly term: Term;
  readonly words: readonly string[];
  /** Modules whose processes are held, suspended by release_handler and migrated. */
  readonly updates: readonly string[];
  /** Modules that get other code, deleted ones included. */
  readonly loads: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
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
    readonly children: readonly ChildAction[];
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
  return exchanged.map(({ change, modules, children }) => appup(change, modules, children, upOrder, downOrder));
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
  { added, removed, changed }: ModuleChanges,
  children: readonly ChildAction[],
  upOrder: readonly string[],
  downOrder: readonly string[],
): Appup {
  const next = (order: readonly string[], module: string) =>
    order.slice(order.indexOf(module) + 1, order.indexOf(module) + 2);
  const load = (order: readonly string[]) => (module: ModuleFacts) =>
    loadModule(module.module, next(order, module.module));
  const up = [
    ...changed.map(({ from, to }) => exchange(to, from, next(upOrder, to.module))),
    ...added.map(load(upOrder)),
    ...removed.map(remove),
    ...children.flatMap((child) => child.up),
  ];
  // On the way down it is the new module's code_change that is called, with {down, Vsn}: what it exports decides.
  const down = [
    ...children.toReversed().flatMap((child) => child.down),
    ...changed.map(({ from, to }) => exchange(to, from, next(downOrder, from.module))),
    ...removed.map(load(downOrder)),
    ...added.map(remove),
  ];
  const updated = changed.filter(({ from, to }) => kindOf(to, from) !== 'plain');
  return {
    application: change.name,
    term: tuple(text(change.to), [tuple(text(change.from), up)], [tuple(text(change.from), down)]),
    words: words(change, { name: change.name, added, removed, changed, patched: [] }, children),
    updates: updated.map(({ to }) => to.module),
    added: added.map(({ module }) => module),
    removed: removed.map(({ module }) => module),
    loads: [...added, ...removed, ...changed.map(({ to }) => to)].map((module) => module.module),
  };
}

type Kind = 'supervisor' | 'migrates' | 'held' | 'plain';

const supervisors = ['supervisor', 'Elixir.Supervisor', 'Elixir.DynamicSupervisor'];
const behaviours = ['gen_server', 'gen_statem', 'gen_event', 'gen_fsm', 'Elixir.GenServer', 'Elixir.GenStage'];

/** How the processes of a module take up new code. */
function kindOf(module: ModuleFacts, other: ModuleFacts): Kind {
  const names = [...module.behaviours, ...other.behaviours];
  // They carry a supervisor's state, which is exchanged: the new specifications and limits take the place of the old.
  if (supervisors.some((behaviour) => names.includes(behaviour))) {
    return 'supervisor';
  }
  if (!behaviours.some((behaviour) => names.includes(behaviour)) && module.codeChange.length === 0) {
    return 'plain';
  }
  // Without the function an update would crash (undef), so such a process is only held while its code changes.
  return module.codeChange.length > 0 ? 'migrates' : 'held';
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

function words(change: ApplicationChange, modules: ModuleChanges, children: readonly ChildAction[]): readonly string[] {
  const sentence = {
    supervisor: 'child specifications exchanged, children go on',
    migrates: 'processes held, state migrated by code_change',
    held: 'processes held while the code is exchanged',
    plain: 'loaded',
  } as const;
  return [
    `${change.name} ${change.from} → ${change.to}`,
    ...modules.changed.map(({ from, to }) => `${plainName(to.module)}: ${sentence[kindOf(to, from)]}`),
    ...modules.added.map((module) => `${plainName(module.module)}: new, loaded`),
    ...modules.removed.map((module) => `${plainName(module.module)}: removed`),
    ...children.map((child) => child.words),
  ];
}
