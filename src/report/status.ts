import type { Difference, Drift, Since } from '../drift/drift.js';
import { plainName } from '../release/modules.js';
import { count, number } from './count.js';
import type { ContainerReport, Report } from './report.js';
import type { List, Section, Table } from './section.js';

const none = '–';

/** What `status` has seen, in one sentence. */
export function statusVerdict({ status, containers, image }: Report): string {
  const { equal = 0, differs = 0, unclear = 0, unread = 0 } = status ?? {};
  const all = containers.length;
  const meant = image?.reference ?? (all === 1 ? 'its image' : 'their images');
  if (all === 0) return 'Nothing was compared.';
  if (equal === all)
    return `${count(all, 'container')} ${all === 1 ? 'runs' : 'run'} exactly what a cold boot of ${meant} would.`;
  if (unread === all)
    return `${count(all, 'container')} could not be asked what ${all === 1 ? 'it runs' : 'they run'}.`;
  const rest = [
    ...(unclear > 0 ? [`${number(unclear)} could not be compared in full`] : []),
    ...(unread > 0 ? [`${number(unread)} could not be asked`] : []),
  ];
  if (differs > 0)
    return `${[`${number(differs)} of ${count(all, 'container')} ${differs === 1 ? 'differs' : 'differ'} from ${meant}`, ...rest].join(', ')}.`;
  return `No difference from ${meant} was found, and of ${count(all, 'container')} ${rest.join(', ')}.`;
}

/** The sections of `status`, in the order in which it is asked for. */
export function statusSections({ containers }: Report): readonly Section[] {
  const looked = containers.flatMap((container) => (container.drift ? [{ ...container, drift: container.drift }] : []));
  return [
    containerTable(looked),
    differenceTable(looked),
    notCompared(looked),
    imageTable(looked),
    historyTable(looked),
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
      { title: 'VM up since' },
      ...(told ? [{ title: 'Message' }] : []),
    ],
    rows: containers.map(({ name, drift, message = '' }) => [
      name,
      states[drift.state],
      drift.runs ? `${drift.runs.name} ${drift.runs.version}` : none,
      boots(drift.restart?.boots, drift.restart?.same),
      boots(drift.meant?.version, drift.renewal?.same),
      time(drift.history.find(({ what }) => what === 'the VM started')?.at),
      ...(told ? [message] : []),
    ]),
  };
}

function boots(version: string | undefined, same: boolean | undefined): string {
  if (version === undefined) return none;
  return same ? `${version}, the same` : `${version}, not what runs`;
}

/** Of modules that differ in one way the first few, and how many more: the report has them all. */
const mostNamed = 8;

function differenceTable(containers: readonly Looked[]): Table {
  return {
    title: 'Differences',
    kind: 'table',
    columns: [
      { title: 'Container', as: 'code' },
      { title: 'What' },
      { title: 'Which', as: 'code' },
      { title: 'How' },
      { title: 'Since' },
    ],
    rows: containers.flatMap(({ name, drift }) =>
      grouped(drift.differences).map(({ first, subjects }) => [
        name,
        first.kind,
        few(subjects.map(plainName)),
        first.message,
        since(first.since),
      ]),
    ),
  };
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

function few(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return more > 0 ? `${names.slice(0, mostNamed).join(' ')} and ${number(more)} more` : names.join(' ');
}

function notCompared(containers: readonly Looked[]): List {
  const items = containers.flatMap(({ name, drift }) => drift.notCompared.map((what) => `${name}: ${what}`));
  return { title: 'Not compared', kind: 'list', items };
}

function imageTable(containers: readonly Looked[]): Table {
  return {
    title: 'Images',
    kind: 'table',
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
    columns: [{ title: 'Container', as: 'code' }, { title: 'When' }, { title: 'What' }],
    rows: containers.flatMap(({ name, drift }) => drift.history.map(({ at, what }) => [name, time(at), what])),
  };
}

function since(when: Since | undefined): string {
  if (when === undefined) return none;
  if ('at' in when) return time(when.at);
  return 'after' in when
    ? `at some time since ${time(when.after)} (${when.event})`
    : `${time(when.by)} at the latest (${when.event})`;
}

/** To the second, and the same wherever it is read. */
function time(iso: string | undefined): string {
  return iso === undefined ? none : `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

const short = (id: string) => id.replace(/^sha256:/, '').slice(0, 12);
