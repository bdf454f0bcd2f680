import { isCallback, isSupervisor, migration, missingMigration } from '../../hot-load/code-change.js';
import type { HandWritten } from '../../hot-load/comparison.js';
import type { Script, Scripts } from '../../hot-load/script.js';
import { atom, type Term, tuple, write } from '../../node/term.js';
import type { ModuleChanges } from '../../release/modules.js';
import type { Digests, ModuleFacts } from '../../release/release.js';

/** What a hand-written appup says or leaves unsaid about one module, and what to do about it. */
export interface Finding {
  readonly kind: 'incomplete' | 'unchanged';
  readonly appup: HandWritten;
  readonly module: string;
  readonly says: string;
}

type Way = 'up' | 'down';

const soft = [atom('soft_purge'), atom('soft_purge')] as const;
const load = (module: ModuleFacts) =>
  source(
    isSupervisor(module)
      ? tuple(atom('update'), atom(module.module), atom('supervisor'))
      : isCallback(module)
        ? tuple(atom('update'), atom(module.module), ...(migration(module) ? [tuple(atom('advanced'), [])] : []))
        : tuple(atom('load_module'), atom(module.module)),
  );
const remove = (module: ModuleFacts) => source(tuple(atom('remove'), tuple(atom(module.module), ...soft)));
const source = (term: Term) => `\`${write(term).replaceAll(/'([a-z][\w@]*)'/g, '$1')}\``;

/**
 * What the hand-written appup of one application leaves out, by what systools made of it: a module that is forgotten
 * runs on in the old code, and the upgrade says that it went well. Pure. `own` are all modules of the new application.
 */
export function coverage(
  appup: HandWritten,
  changes: ModuleChanges,
  own: readonly string[],
  consolidated: Digests,
  scripts: Scripts,
): readonly Finding[] {
  const { added, removed, changed } = withoutConsolidated(changes, consolidated);
  const incomplete = (module: string, says: string): Finding => ({ kind: 'incomplete', appup, module, says });
  const known = new Set([...added, ...removed, ...changed.map(({ to }) => to)].map(({ module }) => module));
  return [
    ...changed.flatMap(({ to }) =>
      ways(({ loads }) => !loads.includes(to.module), scripts).map((way) =>
        incomplete(to.module, `it changed, and is not loaded on the way ${way}. Add ${load(to)}`),
      ),
    ),
    ...[
      ...added.map((module) => ({ module, comes: 'up' })),
      ...removed.map((module) => ({ module, comes: 'down' })),
    ].flatMap(({ module, comes }) => {
      const fate = comes === 'up' ? 'new' : 'no longer there';
      const goes = comes === 'up' ? 'down' : 'up';
      return [
        ...ways(({ loads }) => !loads.includes(module.module), scripts, comes as Way).map((way) =>
          incomplete(
            module.module,
            `it is ${fate}, and is not loaded on the way ${way}. Add ${source(tuple(atom('add_module'), atom(module.module)))}`,
          ),
        ),
        ...ways(({ removes }) => !removes.includes(module.module), scripts, goes as Way).map((way) =>
          incomplete(module.module, `it is ${fate}, and is not removed on the way ${way}. Add ${remove(module)}`),
        ),
      ];
    }),
    ...stays(own, [...added, ...removed]).flatMap((module) =>
      ways(({ removes }) => removes.includes(module), scripts).map((way) =>
        incomplete(module, `it is removed on the way ${way}, and both versions have it. Leave that out`),
      ),
    ),
    ...[...known, ...own]
      .filter(unique)
      .flatMap((module) =>
        ways(({ loads }) => loads.filter((each) => each === module).length > 1, scripts).map((way) =>
          incomplete(module, `it is loaded twice on the way ${way}. Leave one of the instructions out`),
        ),
      ),
    ...changed.flatMap(({ from, to }) => [
      ...unmigrated(scripts.up, to, from).map((module) => incomplete(to.module, withoutFunction('up', module, 'new'))),
      ...unmigrated(scripts.down, from, to).map((module) =>
        incomplete(to.module, withoutFunction('down', module, module === from ? 'old' : 'new')),
      ),
    ]),
    ...own
      .filter((module) => module in consolidated)
      .flatMap((module) =>
        ways(({ loads }) => loads.includes(module), scripts).map((way) =>
          incomplete(
            module,
            `it is a protocol, and on the way ${way} the application's own file of it would take the place of the consolidated one. Leave it out: the release's protocols are exchanged with it`,
          ),
        ),
      ),
    ...own
      .filter((module) => !known.has(module) && !(module in consolidated))
      .filter((module) => ways((script) => says(script, appup.application, module), scripts).length > 0)
      .map((module): Finding => ({ kind: 'unchanged', appup, module, says: 'it did not change, and is loaded again' })),
  ];
}

/** The ways on which it is so: `up`, `down` or `up and down`, told once. */
function ways(so: (script: Script) => boolean, scripts: Scripts, only?: Way): readonly string[] {
  const found = (['up', 'down'] as const).filter((way) => (only ?? way) === way && so(scripts[way]));
  return found.length === 0 ? [] : [found.join(' and ')];
}

// A restart of the application loads all of it.
function says({ loads, restarts }: Script, application: string, module: string): boolean {
  return loads.includes(module) && !restarts.includes(application);
}

/** The version of the module whose function would be called and is not there. */
function unmigrated(script: Script, loaded: ModuleFacts, before: ModuleFacts): readonly ModuleFacts[] {
  const { module } = loaded;
  return script.migrates
    .filter((each) => each.module === module)
    .map((each) => (each.loaded ? loaded : before))
    .filter((called) => !isSupervisor(called) && migration(called) === undefined);
}

function withoutFunction(way: Way, module: ModuleFacts, version: 'old' | 'new'): string {
  return `its processes are to call ${missingMigration(module)} on the way ${way}, which the ${version} version does not export. Export it, or write ${source(tuple(atom('update'), atom(module.module), atom('soft')))}`;
}

function withoutConsolidated({ added, removed, changed }: ModuleChanges, consolidated: Digests) {
  const loadable = ({ module, protocol }: ModuleFacts) => !protocol && !(module in consolidated);
  return {
    added: added.filter(loadable),
    removed: removed.filter(loadable),
    changed: changed.filter(({ to }) => loadable(to)),
  };
}

function stays(own: readonly string[], comeOrGo: readonly ModuleFacts[]): readonly string[] {
  return own.filter((module) => !comeOrGo.some((each) => each.module === module));
}

function unique<T>(value: T, at: number, all: readonly T[]): boolean {
  return all.indexOf(value) === at;
}
