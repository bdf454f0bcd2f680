import { map, text, tuple } from '../node/term.js';
import { either, type Is, isText, listOf, membersOf, oneOf } from '../system/shape.js';
import { type Change, exchanged } from './compare.js';
import { consolidatedOf } from './distillery.js';
import { type ImageRelease, isModuleFacts, type ModuleFacts, type RunningRelease } from './release.js';
import type { Toolbox } from './toolbox.js';

/** Where the workshop keeps what only the old release has. */
export const oldRoot = '/hot-deploy/old';

/** One changed application, module by module. */
export interface ModuleChanges {
  readonly name: string;
  readonly added: readonly ModuleFacts[];
  readonly removed: readonly ModuleFacts[];
  readonly changed: readonly { readonly from: ModuleFacts; readonly to: ModuleFacts }[];
  /** Modules that the node runs in another version than its disk holds. */
  readonly patched: readonly string[];
  /** Keys of the application's specification that differ and are read only when it starts: `mod`, `start_phases`. */
  readonly started: readonly string[];
  /** The callback modules of both versions that export config_change/3; `null` where there is none. */
  readonly callbacks?: { readonly from: string | null; readonly to: string | null };
}

/** The answer, an entry for each changed application. */
interface Read {
  readonly old: readonly (readonly ModuleFacts[])[];
  readonly new: readonly (readonly ModuleFacts[])[];
  readonly started: readonly (readonly string[])[];
  readonly callbacks: readonly { readonly from: string | null; readonly to: string | null }[];
}

const isCallback = membersOf({ from: either(isText, oneOf(null)), to: either(isText, oneOf(null)) });
const isRead: Is<Read> = membersOf({
  ...{ old: listOf(listOf(isModuleFacts)), new: listOf(listOf(isModuleFacts)), started: listOf(listOf(isText)) },
  callbacks: listOf(isCallback),
});

/** Reads the modules of all changed applications in both versions, once the workshop has both. */
export async function moduleChanges(
  workshop: Toolbox,
  change: Change,
  running: RunningRelease,
  next: ImageRelease,
): Promise<readonly ModuleChanges[]> {
  const { added } = change.applications;
  const ebin = (directory: string) => text(`${directory}/ebin`);
  const consolidated = `${next.root}/${consolidatedOf(next)}`;
  const specification = (directory: string, name: string) => text(`${directory}/ebin/${name}.app`);
  const pairs = exchanged(change).map(({ name, from, toDirectory }) => ({
    name,
    old: `${oldRoot}/lib/${name}-${from}`,
    new: toDirectory,
  }));
  const argument = map({
    old: pairs.map((pair) => ebin(pair.old)),
    new: pairs.map((pair) => ebin(pair.new)),
    loads: [
      ...added.map(({ directory }) => text(`${directory}/ebin/*.beam`)),
      ...change.protocols.filter((name) => name in next.protocols).map((name) => text(`${consolidated}/${name}.beam`)),
    ],
    specifications: pairs.map((pair) => tuple(specification(pair.old, pair.name), specification(pair.new, pair.name))),
  });
  const read = await workshop.ask({ module: 'hot_deploy_release', function: 'modules', argument }, isRead);
  return pairs.map(({ name }, at) => ({
    ...ofApplication(name, read.old[at] ?? [], read.new[at] ?? [], running, next),
    started: read.started[at] ?? [],
    callbacks: read.callbacks[at] ?? { from: null, to: null },
  }));
}

function ofApplication(
  name: string,
  old: readonly ModuleFacts[],
  fresh: readonly ModuleFacts[],
  running: RunningRelease,
  next: ImageRelease,
): Omit<ModuleChanges, 'started' | 'callbacks'> {
  const own = next.applications.find((application) => application.name === name)?.modules ?? {};
  // Another application's module of the same name stands before it on the code path.
  const hidden = new Set(fresh.map(({ module }) => module).filter((module) => !(module in own)));
  const shown = ({ module }: ModuleFacts) => !hidden.has(module);
  const [from, to] = [old.filter(shown), fresh.filter(shown)];
  const before = new Map(from.map((module) => [module.module, module]));
  const after = new Map(to.map((module) => [module.module, module]));
  return {
    name,
    added: to.filter((module) => !before.has(module.module)),
    removed: from.filter((module) => !after.has(module.module)),
    changed: to.flatMap((module) => {
      const old = before.get(module.module);
      return old === undefined || old.digest === module.digest ? [] : [{ from: old, to: module }];
    }),
    // What is consolidated never equals the application's own file.
    patched: from
      .filter((module) => !module.protocol && !(module.module in next.protocols))
      .filter(({ module, digest }) => running.modules[module] !== undefined && running.modules[module] !== digest)
      .map((module) => module.module),
  };
}

/** Elixir's modules as their authors write them. */
export function plainName(module: string): string {
  return module.replace(/^Elixir\./, '');
}

/** A place in a supervision tree, with its names as their authors write them. */
export function plainPlace(place: string): string {
  return place.replace(/'Elixir\.([^']*)'/g, '$1').replace(/(^|[^\w'])Elixir\./g, '$1');
}
