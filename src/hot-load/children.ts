import { atom, map, type Term, tuple } from '../node/term.js';
import { plainPlace } from '../release/modules.js';
import { hasNoise } from '../release/printed.js';
import type { SupervisionChange } from '../release/supervision.js';
import { type Supervised, specifiedAlike, startsAlike } from '../release/tree.js';

/** What one supervisor is told, both ways, so that its children become those of a cold boot and whoever stays runs on. */
export interface SupervisorUpdate {
  readonly application: string;
  readonly path: string;
  readonly up: Term;
  readonly down: Term;
  readonly words: readonly string[];
}

/** Why a change of the tree cannot be carried out while it runs. */
export interface Impossible {
  readonly subject: string;
  readonly why: string;
}

export interface SupervisionUpdate {
  readonly updates: readonly SupervisorUpdate[];
  readonly impossible: readonly Impossible[];
}

/** The callback module of Elixir's `Supervisor.start_link(children, options)`: it knows no children but those it was given. */
const list = 'Elixir.Supervisor.Default';

/**
 * What to do about changes of the tree. `changed` are the modules that get new code: a supervisor whose callback module is
 * among them is told its new specifications by the relup.
 */
export function updateSupervisors(
  changes: readonly SupervisionChange[],
  changed: ReadonlySet<string>,
): SupervisionUpdate {
  const groups = new Map<string, SupervisionChange[]>();
  for (const change of changes) {
    const group = groups.get(change.path) ?? [];
    groups.set(change.path, [...group, change]);
  }
  const found = [...groups.values()].map((group) => ofSupervisor(group, changed));
  return {
    updates: found.flatMap(({ update }) => update ?? []),
    impossible: causes(found.flatMap(({ impossible }) => impossible)),
  };
}

/** What is below a process that would be started otherwise differs for that reason, and children that are alike have one. */
function causes(found: readonly Impossible[]): readonly Impossible[] {
  const own = found.filter(({ subject }) => !found.some((other) => subject.startsWith(`${other.subject}/`)));
  const alike = new Map<string, Impossible[]>();
  for (const each of own) {
    const key = JSON.stringify([parent(each.subject), each.why]);
    alike.set(key, [...(alike.get(key) ?? []), each]);
  }
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    const others = group.length - 1;
    return first === undefined || others === 0
      ? group
      : [{ ...first, why: `${first.why} (and ${others} more beside it)` }];
  });
}

const parent = (subject: string) => subject.slice(0, subject.lastIndexOf('/'));

function ofSupervisor(
  group: readonly SupervisionChange[],
  changed: ReadonlySet<string>,
): { readonly update?: SupervisorUpdate; readonly impossible: readonly Impossible[] } {
  const [first] = group;
  // What does not answer is of no known kind, and is a reason of its own.
  if (first === undefined || first.supervisor.type === 'unanswering') {
    return { impossible: [] };
  }
  const impossible = group.flatMap((change) => {
    const why = whyImpossible(change);
    return why === undefined
      ? []
      : [{ subject: 'child' in change ? `${change.path}/${change.child.id}` : change.path, why }];
  });
  if (impossible.length > 0) {
    return { impossible };
  }
  const { application, path, trail, supervisor, becomes } = first;
  const told = supervisor.callback !== undefined && supervisor.callback !== list && changed.has(supervisor.callback);
  const needed = !told || group.some(({ kind }) => kind === 'child-added' || kind === 'child-removed');
  const words = group.map(inWords).filter((text) => text !== undefined);
  const update = {
    application,
    path,
    up: instruction(application, trail, plan(supervisor, becomes, told)),
    down: instruction(application, trail, plan(becomes, supervisor, told)),
    words,
  };
  return needed ? { update, impossible } : { impossible };
}

function whyImpossible(change: SupervisionChange): string | undefined {
  const { supervisor } = change;
  const random =
    supervisor.callback !== list && change.becomes.children?.some(({ id }) => isMadeAnew(id)) === true
      ? 'its supervisor gives its children another id each time it is asked for them'
      : undefined;
  switch (change.kind) {
    case 'child-added':
      return random ?? (supervisor.callback === list ? notCarried(change.child) : undefined);
    case 'child-removed':
      return (
        random ??
        (supervisor.callback === list && notCarried(change.child) !== undefined
          ? 'its specification could not be put back on the way down'
          : undefined)
      );
    case 'spec-changed':
      if (!startsAlike(change.child, change.to) || change.to.spec === undefined) {
        return 'it would be started differently, so the one that runs would not be what a cold boot starts';
      }
      return supervisor.callback === list && !isTerm(change.to.spec.text)
        ? 'its specification is too large to be carried to another VM'
        : random;
    case 'process-changed':
      return `it is a process of ${change.child.runs}, and would be started as one of ${change.to.runs}`;
    case 'settings-changed':
      return change.to.callback === supervisor.callback ? random : 'it would have another callback module';
    case 'order-changed':
      return random;
    case 'top-changed':
      return 'its process is of another kind';
  }
}

/** One that is too large is told by its digest. */
const isTerm = (text: string) => text.startsWith('#{');

const isMadeAnew = (text: string) => hasNoise(text) || text.includes("'<reference>'");

/** Why a specification cannot be brought to another node; a reference in its id is made anew there. */
function notCarried({ id, spec }: Supervised): string | undefined {
  if (spec?.partOf !== undefined) {
    return `it is started with something that was made of the environment variable ${spec.partOf}, which has to come from where it serves`;
  }
  const text = spec?.carried ?? spec?.text;
  return spec === undefined ||
    text === undefined ||
    hasNoise(text) ||
    !(spec.portable || (/'<reference>'/.test(id) && !/'<(pid|port|fun|reference)>'/.test(withoutId(text, id))))
    ? 'its specification holds a fun, a pid, a reference or a value that each boot makes anew, which cannot be carried to another VM'
    : undefined;
}

const withoutId = (text: string, id: string) => text.replace(`id=>${plain(id)}`, '');

/** Without the number that tells it from others which are printed alike. */
const plain = (id: string) => id.replace(/ #\d+$/, '');

function inWords(change: SupervisionChange): string | undefined {
  const name = plainPlace(change.supervisor.name ?? change.path);
  switch (change.kind) {
    case 'child-added':
      return `${name}: child ${plainPlace(change.child.id)} is started`;
    case 'child-removed':
      return `${name}: child ${plainPlace(change.child.id)} is ended`;
    case 'order-changed':
      return `${name}: its children change places`;
    case 'settings-changed':
      return `${name}: strategy and restart intensity exchanged`;
    case 'spec-changed':
      return `${name}: child ${plainPlace(change.child.id)} is specified differently`;
    default:
      return undefined;
  }
}

function instruction(application: string, trail: readonly string[], what: Term): Term {
  return tuple(
    atom('apply'),
    tuple(atom('hot_deploy_step'), atom('children'), [atom(application), trail.map(identity), what]),
  );
}

function plan(from: Supervised, to: Supervised, told: boolean): Term {
  const [old, wanted] = [from.children ?? [], to.children ?? []];
  const flags = (['strategy', 'intensity', 'period'] as const).flatMap((key) => {
    const value = to[key];
    return value === undefined || value === from[key] ? [] : [[key, typeof value === 'string' ? atom(value) : value]];
  });
  return map({
    gone: old.filter(({ id }) => !wanted.some((child) => child.id === id)).map(({ id }) => identity(id)),
    told,
    children: wanted.map((child): Term => {
      const own = old.find(({ id }) => id === child.id);
      const spec = to.callback === list && child.spec !== undefined ? child.spec : undefined;
      if (own === undefined) {
        return tuple(
          atom('new'),
          identity(child.id),
          spec === undefined ? atom('none') : { source: spec.carried ?? spec.text },
        );
      }
      // What it is started with stays its own: only the running node knows it.
      return spec === undefined || specifiedAlike(child, own)
        ? tuple(atom('keep'), identity(child.id))
        : tuple(atom('change'), identity(child.id), {
            source: spec.text.replace(`start=>${spec.start}`, () => 'start=>undefined'),
          });
    }),
    flags: map(Object.fromEntries(flags)),
  });
}

/** A child's id, and the how many-eth of that id it is. */
function identity(id: string): Term {
  return tuple({ source: plain(id) }, Number(/ #(\d+)$/.exec(id)?.[1] ?? 1));
}
