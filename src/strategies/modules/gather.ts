import type { Engine } from '../../engines/engine.js';
import { makeBundle } from '../../hot-load/bundle.js';
import { isCallback, isSupervisor, migration } from '../../hot-load/code-change.js';
import type { Assembly, Material } from '../../hot-load/hot-strategy.js';
import type { ModulesPart } from '../../hot-load/manifest.js';
import { withOld } from '../../hot-load/old.js';
import { effectOf, type Script, type Scripts } from '../../hot-load/script.js';
import { explain } from '../../hot-load/words.js';
import { type Change, exchanged } from '../../release/compare.js';
import { consolidatedOf } from '../../release/distillery.js';
import type { ModuleChanges } from '../../release/modules.js';
import type { Placement } from '../../release/placement.js';
import type { ImageRelease, ModuleFacts, RunningRelease } from '../../release/release.js';
import type { Toolbox } from '../../release/toolbox.js';

/** Makes the bundle: the files that a relup would bring, and in its place which modules change in which directory. */
export async function gather(
  engine: Engine,
  container: string,
  workshop: Toolbox,
  material: Material,
): Promise<Assembly> {
  return await withOld(engine, container, workshop, material, () => gathered(workshop, material));
}

async function gathered(
  workshop: Toolbox,
  { running, next, change, placement, modules: read, images }: Material,
): Promise<Assembly> {
  const modules = read.map((each) => loadable(each, next));
  const scripts = scriptsOf(modules);
  const words = explain(change, modules, scripts, [], []);
  const parts = partsOf({ running, next, change, placement, modules });
  const bundle = await makeBundle(workshop, running, next, change, placement, {
    ...{ ...effectOf(scripts), parts, words, images },
  });
  return { kind: 'made', appups: [], bundle };
}

/** Without those of which the release has a consolidated protocol: that is loaded. */
function loadable(changes: ModuleChanges, { protocols }: ImageRelease): ModuleChanges {
  const own = ({ module }: ModuleFacts) => !(module in protocols);
  const { added, removed, changed } = changes;
  return {
    ...changes,
    added: added.filter(own),
    removed: removed.filter(own),
    changed: changed.filter(({ to }) => own(to)),
  };
}

/** What is done to modules, in the words of a relup's scripts; pure. */
export function scriptsOf(modules: readonly ModuleChanges[]): Scripts {
  const names = (all: readonly ModuleFacts[]) => all.map(({ module }) => module);
  const [added, removed] = [modules.flatMap((each) => each.added), modules.flatMap((each) => each.removed)];
  const way = (changed: readonly ModuleFacts[], come: readonly ModuleFacts[], go: readonly ModuleFacts[]): Script => ({
    ...{ instructions: [], restarts: [], applies: 0 },
    loads: [...names(changed), ...names(come)],
    removes: names(go),
    holds: names(changed.filter((module) => isCallback(module) || isSupervisor(module))),
    migrates: changed
      .filter((module) => migration(module) !== undefined || isSupervisor(module))
      .map(({ module }) => ({ module, loaded: true })),
  });
  const changed = modules.flatMap((each) => each.changed);
  return {
    up: way(
      changed.map(({ to }) => to),
      added,
      removed,
    ),
    down: way(
      changed.map(({ from }) => from),
      removed,
      added,
    ),
  };
}

/** Which modules change in which directory of the code path; pure. */
export function partsOf({
  running,
  next,
  change,
  placement,
  modules,
}: {
  readonly running: RunningRelease;
  readonly next: ImageRelease;
  readonly change: Change;
  readonly placement: Placement;
  readonly modules: readonly ModuleChanges[];
}): readonly ModulesPart[] {
  const applications = exchanged(change).map(({ name, to, fromDirectory }): ModulesPart => {
    const own = modules.find((each) => each.name === name);
    return {
      application: name,
      from: `${fromDirectory}/ebin`,
      to: `${next.root}/lib/${placement.get(name) ?? `${name}-${to}`}/ebin`,
      modules: [
        ...(own?.changed ?? []).map(({ from, to: fresh }) => [fresh.module, from.digest, fresh.digest] as const),
        ...(own?.added ?? []).map(({ module, digest }) => [module, null, digest] as const),
        ...(own?.removed ?? []).map(({ module, digest }) => [module, digest, null] as const),
      ],
    };
  });
  const consolidated = running.codePath.find((path) => path.endsWith(`/${consolidatedOf(running)}`));
  if (consolidated === undefined) return applications;
  const to = consolidated.replace(consolidatedOf(running), consolidatedOf(next));
  const protocols = change.protocols.map(
    (name) => [name, running.modules[name] ?? null, next.protocols[name] ?? null] as const,
  );
  return [{ application: null, from: consolidated, to, modules: protocols }, ...applications];
}
