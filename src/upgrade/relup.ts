import { map, type Term, text, tuple, write } from '../node/term.js';
import { packEntries } from '../release/archive.js';
import type { Change } from '../release/compare.js';
import { oldRoot } from '../release/modules.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { Workshop } from '../release/workshop.js';
import type { Appup } from './appup.js';
import type { Scripts } from './script.js';

/** The relup as systools made it, with the release's protocols put in. */
export interface Relup extends Scripts {
  readonly relup: string;
  /** Whether an instruction restarts the emulator. */
  readonly restarts: boolean;
  readonly warnings: readonly string[];
}

/** Puts the generated appups beside the hand-written ones, and lets systools make the relup both ways. */
export async function makeRelup(
  workshop: Workshop,
  running: RunningRelease,
  next: ImageRelease,
  change: Change,
  appups: readonly Appup[],
  /** Protocols that only the old release has. */
  gone: readonly string[],
): Promise<Relup> {
  const generated = change.applications.changed.flatMap(({ name, toDirectory }) => {
    const appup = appups.find((each) => each.application === name);
    return appup === undefined
      ? []
      : [file(`${toDirectory}/ebin/${name}.appup`.slice(1), `%% coding: utf-8\n${write(appup.term)}.\n`)];
  });
  if (generated.length > 0) {
    await workshop.put('/', await packEntries(generated));
  }
  const consolidated = running.codePath.find((path) => path.endsWith(`/releases/${running.version}/consolidated`));
  return (await workshop.ask({
    module: 'hot_deploy_relup',
    function: 'make',
    argument: map({
      new: text(`${next.root}/releases/${next.version}/${next.name}`),
      old: text(`${oldRoot}/releases/${running.version}/${running.name}`),
      path: [text(`${next.root}/lib/*/ebin`), text(`${oldRoot}/lib/*/ebin`)],
      new_protocols: protocols(consolidatedIn(running, next, consolidated), change.protocols, next.protocols),
      old_protocols: protocols(consolidated, [...change.protocols, ...gone], running.modules),
      exchanged: change.applications.changed.map(({ name, from, toDirectory }) =>
        tuple(text(`${oldRoot}/lib/${name}-${from}/ebin`), text(`${toDirectory}/ebin`)),
      ),
      helper: text(`${running.root}/${helperFile(next.version).replace(/\.beam$/, '')}`),
      joined: change.applications.added.map(({ directory }) => text(`${directory}/ebin`)),
    }),
  })) as Relup;
}

// Where a cold boot of the new release would have it in its code path: written as its boot script writes it.
function consolidatedIn(running: RunningRelease, next: ImageRelease, now: string | undefined): string | undefined {
  if (Object.keys(next.protocols).length === 0) {
    return undefined;
  }
  return now === undefined
    ? `${next.root}/lib/../releases/${next.version}/consolidated`
    : now.replace(`/releases/${running.version}/`, `/releases/${next.version}/`);
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

/** Below the root, what the relup tells supervisors by. */
export const helperFile = (version: string) => `releases/${version}/hot_deploy_step.beam`;

/** A plain file's entry. */
export function file(path: string, content: string | Buffer): Parameters<typeof packEntries>[0][number] {
  return { path, type: 'file', mode: 0o644, uid: 0, gid: 0, data: Buffer.from(content) };
}
