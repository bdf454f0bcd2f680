import type { Difference, Drift, Since } from '../deployment/drift.js';
import type { ContainerReport, Report } from '../deployment/report.js';
import { plainPlace } from '../release/modules.js';
import { count, number } from './count.js';
import { spellInstant } from './instant.js';
import type { List, Section, Table } from './section.js';

const none = '–';

/** What `status` has seen, in one sentence. */
export function statusVerdict({ status, containers, image }: Report): string {
  const { equal = 0, differs = 0, unclear = 0, unread = 0 } = status ?? {};
  const all = containers.length;
  const meant = image?.reference ?? (all === 1 ? 'its image' : 'their images');
  if (all === 0) return 'Nothing was compared.';
  const [only] = all === 1 ? containers : [];
  if (equal === all) {
    return `${only ? `${only.name} runs` : `All ${count(all, 'container')} run`} exactly what a cold boot of ${meant} would.`;
  }
  if (unread === all) {
    return `${only ? only.name : `None of ${count(all, 'container')}`} could ${only ? 'not ' : ''}be asked what it runs.`;
  }
  if (only) {
    return unclear > 0
      ? `${only.name} could not be compared in full with ${meant}, and no difference was found.`
      : `${only.name} differs from ${meant}.`;
  }
  const parts = [
    ...(differs > 0 ? [`${number(differs)} ${differs === 1 ? 'differs' : 'differ'} from ${meant}`] : []),
    ...(equal > 0
      ? [`${number(equal)} ${equal === 1 ? 'runs' : 'run'} exactly what a cold boot of ${meant} would`]
      : []),
    ...(unclear > 0 ? [`${number(unclear)} could not be compared in full`] : []),
    ...(unread > 0 ? [`${number(unread)} could not be asked`] : []),
  ];
  return `Of ${count(all, 'container')} ${parts.join(', ')}.`;
}

/** The sections of `status`, in the order in which it is asked for. */
export function statusSections({ containers, lock, environment }: Report): readonly Section[] {
  const looked = containers.flatMap((container) => (container.drift ? [{ ...container, drift: container.drift }] : []));
  return [
    containerTable(looked),
    ...looked.map(differenceList),
    notCompared(looked),
    imageTable(looked),
    historyTable(looked),
    {
      title: 'Lock',
      kind: 'list',
      items: lock ? [`${lock.by} holds the lock on ${environment} since ${time(lock.since)}`] : [],
    },
  ];
}

type Looked = ContainerReport & { readonly drift: Drift };

const states = {
  equal: 'equals the image',
  differs: 'differs',
  unclear: 'not compared in full',
  unread: 'could not be asked',
} as const satisfies Readonly<Record<Drift['state'], string>>;

function containerTable(containers: readonly Looked[]): Table {
  const told = containers.some(({ message }) => message !== undefined);
  return {
    title: 'Containers',
    kind: 'table',
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'State' },
      { title: 'Runs' },
      { title: 'A restart boots' },
      { title: 'A new container boots' },
      { title: 'Since' },
      ...(told ? [{ title: 'Message' }] : []),
    ],
    rows: containers.map(({ name, drift, message = '' }) => [
      name,
      states[drift.state],
      drift.runs ? `${drift.runs.name} ${drift.runs.version}` : none,
      boots(drift, drift.restart?.boots, drift.restart?.same),
      boots(drift, drift.meant?.version, drift.renewal?.same),
      began(drift),
      ...(told ? [message] : []),
    ]),
  };
}

function boots({ runs }: Drift, version: string | undefined, same: boolean | undefined): string {
  if (version === undefined) return none;
  if (same === undefined) return version;
  return same ? `${version}, the same` : `${version}, ${version === runs?.version ? 'not the same' : 'not what runs'}`;
}

/** Since when the running release runs in this VM. */
function began({ history }: Drift): string {
  const hot = history.findLast(({ what }) => what.endsWith('was loaded hot'));
  const vm = history.findLast(({ what }) => what === 'the VM started');
  return hot ? `${time(hot.at)}, loaded hot` : time(vm?.at);
}

/** Of modules that differ in one way the first few, and how many more: the report has them all. */
const mostNamed = 8;

/** Sentences and no table: the longest would make every line of a terminal break. */
function differenceList({ name, drift }: Looked): List {
  const items = grouped(drift.differences).map(
    ({ first: { kind, message, since: when }, subjects }) =>
      `${named(kind, subjects.map(plainPlace))} ${plainPlace(message)}${when ? `; ${since(when)}` : ''}`,
  );
  return { title: `How ${name} differs`, kind: 'list', items };
}

function grouped(differences: readonly Difference[]) {
  const groups = new Map<string, { first: Difference; subjects: string[] }>();
  for (const difference of differences) {
    const { kind, message, since: when } = difference;
    const key = JSON.stringify([kind, message, when]);
    const group = groups.get(key) ?? { first: difference, subjects: [] };
    group.subjects.push(difference.subject);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** One of a kind, and several. */
const words = {
  run: ['run', 'runs'],
  release: ['release', 'releases'],
  // It is spoken of by the release that it would not boot.
  restart: ['release', 'releases'],
  application: ['application', 'applications'],
  module: ['module', 'modules'],
  protocol: ['protocol', 'protocols'],
  setting: ['setting', 'settings'],
  child: ['child', 'children'],
  process: ['process', 'processes'],
  file: ['file', 'files'],
  container: ['container setting', 'container settings'],
} as const satisfies Readonly<Record<Difference['kind'], readonly [string, string]>>;

/** To be read before what holds for each of them. */
function named(kind: Difference['kind'], names: readonly string[]): string {
  const [one, several] = words[kind];
  return names.length === 1 ? `${one} ${names[0]}` : `${several} ${few(names)}: each`;
}

function few(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${number(more)} more` : names.join(', ');
}

function notCompared(containers: readonly Looked[]): List {
  const items = containers.flatMap(({ name, drift }) => drift.notCompared.map((what) => `${name}: ${what}`));
  return { title: 'Not compared', kind: 'list', items };
}

function imageTable(containers: readonly Looked[]): Table {
  return {
    title: 'Images',
    kind: 'table',
    detail: true,
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'Made from', as: 'code' },
      { title: 'Compared with', as: 'code' },
      { title: 'Which is' },
    ],
    rows: containers.map(({ name, drift: { madeFrom, meant } }) => [
      name,
      `${short(madeFrom.id)}${madeFrom.present ? '' : ' (gone from the engine)'}`,
      meant ? `${meant.reference} ${short(meant.id)}` : none,
      meant === undefined
        ? 'missing on the engine'
        : meant.id === madeFrom.id
          ? 'the image it was made from'
          : 'another image',
    ]),
  };
}

function historyTable(containers: readonly Looked[]): Table {
  return {
    title: 'History',
    kind: 'table',
    detail: true,
    columns: [{ title: 'Container', as: 'code' }, { title: 'When' }, { title: 'What' }],
    rows: containers.flatMap(({ name, drift }) => drift.history.map(({ at, what }) => [name, time(at), what])),
  };
}

function since(when: Since): string {
  if ('at' in when) return `since ${time(when.at)}`;
  return 'after' in when
    ? `at some time since ${when.event} at ${time(when.after)}`
    : `since ${time(when.by)} at the latest, when ${when.event}`;
}

const time = (iso: string | undefined) => (iso === undefined ? none : spellInstant(iso));

const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 12);
