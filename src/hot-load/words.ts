import type { ApplicationChange, Change } from '../release/compare.js';
import { type ModuleChanges, plainName } from '../release/modules.js';
import type { ModuleFacts } from '../release/release.js';
import type { Sentence } from '../strategies/strategy.js';
import type { SupervisorUpdate } from './children.js';
import { isSupervisor, migration } from './code-change.js';
import type { HandWritten } from './comparison.js';
import type { Scripts } from './script.js';

/** What the way up does, application by application. */
export function explain(
  { applications, protocols }: Change,
  modules: readonly ModuleChanges[],
  scripts: Scripts,
  written: readonly HandWritten[],
  supervisors: readonly SupervisorUpdate[],
): readonly Sentence[] {
  return [
    ...applications.added.map(({ name, version }) => ({ text: `${name} ${version}: new application` })),
    ...[...applications.changed, ...applications.rebuilt].flatMap((change) => {
      const own = modules.find(({ name }) => name === change.name);
      const appup = written.find(({ application }) => application === change.name);
      return [
        { text: `${step(change)}${appup === undefined ? '' : `, as ${appup.file} says`}` },
        ...(own === undefined ? [] : ofApplication(change, own, scripts)),
        ...supervisors
          .filter(({ application }) => application === change.name)
          .flatMap(({ words }) => words.map((text) => ({ text }))),
      ];
    }),
    ...protocols.map((name) => ({ text: `${plainName(name)}: consolidated protocol exchanged` })),
  ];
}

function step({ name, from, to }: ApplicationChange): string {
  return from === to ? `${name} ${to}: another build` : `${name} ${from} → ${to}`;
}

function ofApplication(
  { name }: ApplicationChange,
  { added, removed, changed }: ModuleChanges,
  { up }: Scripts,
): readonly Sentence[] {
  const restarted = up.restarts.includes(name) ? [{ text: `${name}: stopped and started again` }] : [];
  const loaded = (module: { readonly module: string }) => up.loads.includes(module.module);
  return [
    ...restarted,
    ...changed.filter(({ to }) => loaded(to)).map(({ to }) => exchanged(to, up)),
    ...added.filter(loaded).map(({ module }) => ({ text: `${plainName(module)}: new, loaded` })),
    ...removed
      .filter(({ module }) => up.removes.includes(module))
      .map(({ module }) => ({ text: `${plainName(module)}: removed` })),
  ];
}

function exchanged(module: ModuleFacts, { holds, migrates }: Scripts['up']): Sentence {
  const { module: name } = module;
  const plain = plainName(name);
  if (!holds.includes(name)) {
    return { text: `${plain}: loaded` };
  }
  if (!migrates.some((each) => each.module === name)) {
    return { text: `${plain}: held while the code is exchanged`, holds: name };
  }
  return isSupervisor(module)
    ? { text: `${plain}: child specifications exchanged, children go on`, holds: name }
    : { text: `${plain}: state migrated by ${migration(module) ?? 'code_change'}`, holds: name };
}
