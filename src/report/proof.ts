import type { ContainerReport, Proof } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { count, number } from './count.js';
import type { List, Table } from './section.js';

/** The proof in a few words: that what runs equals a cold boot, or in how much it differs. */
export function proved(proof: Proof | undefined): string {
  if (proof === undefined) return 'not proved';
  if (proof.converged) return `equals a cold boot (${count(proof.modules.expected, 'module')})`;
  const differences = [
    differing(proof.modules.differing, 'module'),
    differing(proof.environment.differing, 'setting'),
    differing(proof.protocols.differing, 'protocol'),
    differing(proof.supervision.differing, 'supervised process', 'supervised processes'),
    differing(proof.registrations.differing, 'registration'),
    tally(proof.processes.oldCode, 'process in old code', 'processes in old code'),
    tally(proof.processes.notMigrated, 'process not migrated', 'processes not migrated'),
  ].filter((words) => words !== undefined);
  return differences.length > 0 ? differences.join(', ') : 'differs from a cold boot';
}

/** The figures behind the few words. */
export function proofs(containers: readonly ContainerReport[]): Table {
  return {
    title: 'Proof',
    kind: 'table',
    detail: true,
    columns: ['Container', 'Modules', 'Settings', 'Protocols', 'Supervised', 'Registered', 'VM'].map(
      (title, index) => ({
        title,
        ...(index === 0 && { as: 'code' }),
      }),
    ),
    rows: containers.flatMap(({ name, proof }) => (proof ? [[name, ...figures(proof)]] : [])),
  };
}

/** By name: what differs from a cold boot, and which settings a re-creation lost. */
export function differences(containers: readonly ContainerReport[]): List {
  const items = containers.flatMap(({ name, proof, settings }) => [
    ...named(name, 'module differs', proof?.modules.differing),
    ...named(name, 'setting differs', proof?.environment.differing),
    ...named(name, 'protocol differs', proof?.protocols.differing),
    ...named(name, 'supervision differs', proof?.supervision.differing),
    ...named(name, 'registration missing', proof?.registrations.differing),
    ...named(name, 'container setting differs', settings?.differing),
  ]);
  return { title: 'Differences', kind: 'list', items };
}

/** What nobody can say whether it differs; once where it is so of all. */
export function notCompared(containers: readonly ContainerReport[]): List {
  const names = new Map<string, readonly string[]>();
  for (const { name, proof } of containers) {
    for (const what of proof?.notCompared ?? []) names.set(what, [...(names.get(what) ?? []), name]);
  }
  const items = [...names].map(([what, of]) => (of.length === containers.length ? what : `${of.join(', ')}: ${what}`));
  return { title: 'Not compared', kind: 'list', detail: true, items };
}

function figures({ modules, environment, protocols, supervision, registrations, vm }: Proof): readonly string[] {
  const settings = environment.matching + environment.differing.length;
  return [
    `${number(modules.matching)} of ${number(modules.expected)}`,
    `${number(environment.matching)} of ${number(settings)}`,
    `${number(protocols.matching)} of ${number(protocols.expected)}`,
    `${number(supervision.matching)} of ${number(supervision.expected)}`,
    `${number(registrations.matching)} of ${number(registrations.expected)}`,
    `${vm.sameProcess ? 'same process' : 'new process'}, up ${spell(vm.uptimeMs)}`,
  ];
}

const named = (container: string, what: string, names: readonly string[] = []) =>
  names.map((name) => `${container}: ${what}: ${name}`);

function differing(names: readonly string[], one: string, many = `${one}s`): string | undefined {
  const words = tally(names, one, many);
  return words && `${words} ${names.length === 1 ? 'differs' : 'differ'}`;
}

function tally(items: readonly unknown[], one: string, many: string): string | undefined {
  return items.length === 0 ? undefined : `${number(items.length)} ${items.length === 1 ? one : many}`;
}
