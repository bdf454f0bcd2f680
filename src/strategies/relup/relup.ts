import { helperFile } from '../../hot-load/manifest.js';
import { parents } from '../../hot-load/old.js';
import type { Relup, Script } from '../../hot-load/script.js';
import { atom, map, type Term, text, tuple, write } from '../../node/term.js';
import { file, packEntries } from '../../release/archive.js';
import { type ApplicationChange, type Change, exchanged } from '../../release/compare.js';
import { consolidatedOf } from '../../release/distillery.js';
import { oldRoot } from '../../release/modules.js';
import { directoryOf, type Placement, placedVersion } from '../../release/placement.js';
import type { ImageRelease, RunningRelease } from '../../release/release.js';
import type { Toolbox } from '../../release/toolbox.js';
import { type Is, isFlag, isNumber, isText, listOf, membersOf } from '../../system/shape.js';
import type { Appup } from './appup.js';

/** Puts the generated appups beside the hand-written ones, and lets systools make the relup both ways. */
export async function makeRelup(
  workshop: Toolbox,
  running: RunningRelease,
  next: ImageRelease,
  change: Change,
  placement: Placement,
  appups: readonly Appup[],
  /** Protocols that only the old release has. */
  gone: readonly string[],
): Promise<Relup> {
  const pairs = exchanged(change);
  const generated = pairs.flatMap((pair) => {
    const appup = appups.find(({ application }) => application === pair.name);
    return appup === undefined ? [] : [file(appupFile(pair).slice(1), `%% coding: utf-8\n${write(appup.term)}.\n`)];
  });
  if (generated.length > 0) {
    await workshop.put('/', await packEntries([...parents(rebuiltAppups), ...generated]));
  }
  const lies = new Map(running.applications.map((each) => [each.name, directoryOf(running.root, each)]));
  const as = (name: string, version: string, directory = `${name}-${version}`) => placedVersion(name, directory);
  const consolidated = running.codePath.find((path) => path.endsWith(`/${consolidatedOf(running)}`));
  const argument = map({
    new: text(`${next.root}/releases/${next.version}/${next.name}`),
    old: text(`${oldRoot}/releases/${running.version}/${running.name}`),
    path: [text(`${next.root}/lib/*/ebin`), text(`${oldRoot}/lib/*/ebin`)],
    new_protocols: protocols(consolidatedIn(running, next, consolidated), change.protocols, next.protocols),
    old_protocols: protocols(consolidated, [...change.protocols, ...gone], running.modules),
    exchanged: pairs.map((pair) => {
      const { name, from, to, toDirectory } = pair;
      return tuple(
        atom(name),
        tuple(text(`${oldRoot}/lib/${name}-${from}/ebin`), text(from), text(as(name, from, lies.get(name)))),
        tuple(text(`${toDirectory}/ebin`), text(to), text(as(name, to, placement.get(name)))),
        text(appupFile(pair)),
      );
    }),
    moved: next.applications.flatMap(({ name, version, directory }) => {
      const own = as(name, version, placement.get(name));
      return own === version || pairs.some((pair) => pair.name === name)
        ? []
        : [tuple(atom(name), tuple(text(`${directory}/ebin`), text(version), text(own)))];
    }),
    joined: change.applications.added.map(({ name, version }) =>
      text(`${next.root}/lib/${placement.get(name) ?? `${name}-${version}`}/ebin`),
    ),
    helper: text(`${running.root}/${helperFile(next.version).replace(/\.beam$/, '')}`),
  });
  return await workshop.ask({ module: 'hot_deploy_relup', function: 'make', argument }, isRelup);
}

const isScript: Is<Script> = membersOf({
  ...{ instructions: listOf(isText), loads: listOf(isText), removes: listOf(isText), holds: listOf(isText) },
  ...{ migrates: listOf(membersOf({ module: isText, loaded: isFlag })), restarts: listOf(isText), applies: isNumber },
});
const isRelup: Is<Relup> = membersOf({
  ...{ relup: isText, restarts: isFlag, warnings: listOf(isText), up: isScript, down: isScript },
});

const rebuiltAppups = '/hot-deploy/rebuilt';

// Of a version that stays there may be an appup in the image, which leads from other versions.
function appupFile({ name, from, to, toDirectory }: ApplicationChange): string {
  return from === to ? `${rebuiltAppups}/${name}.appup` : `${toDirectory}/ebin/${name}.appup`;
}

// Where a cold boot of the new release would have it in its code path: written as its boot script writes it.
function consolidatedIn(running: RunningRelease, next: ImageRelease, now: string | undefined): string | undefined {
  if (Object.keys(next.protocols).length === 0) {
    return undefined;
  }
  return now === undefined
    ? `${next.root}/${consolidatedOf(next).replace(/^releases/, 'lib/../releases')}`
    : now.replace(consolidatedOf(running), consolidatedOf(next));
}

function protocols(
  directory: string | undefined,
  changed: readonly string[],
  present: Readonly<Record<string, string>>,
): Term {
  return map({
    directory: directory === undefined ? { atom: 'none' } : text(directory),
    modules: changed.filter((module) => module in present).map(text),
  });
}
