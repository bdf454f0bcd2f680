import { atom, type Term, tuple } from '../node/term.js';
import { plainPlace } from '../release/modules.js';
import type { SupervisionChange } from '../release/supervision.js';

/** Starting or ending one child by hand: neither new code nor new specifications do that. */
export interface ChildAction {
  readonly application: string;
  readonly up: readonly Term[];
  readonly down: readonly Term[];
  readonly words: string;
}

/** Why a change of the tree cannot be carried out child by child. */
export interface Impossible {
  readonly subject: string;
  readonly why: string;
}

export type Carried =
  | { readonly kind: 'action'; readonly action: ChildAction }
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'impossible' } & Impossible);

/**
 * What to do about one change. `changed` are the modules that get new code: a supervisor whose callback module is
 * among them takes its new specifications from there, any other knows only what it is told.
 */
export function carryOut(change: SupervisionChange, changed: ReadonlySet<string>): Carried {
  const { supervisor } = change;
  const exchanged = supervisor.callback !== undefined && changed.has(supervisor.callback);
  const impossible = (subject: string, why: string): Carried => ({
    kind: 'impossible',
    subject: subject === '' ? change.path : `${change.path}/${subject}`,
    why,
  });
  switch (change.kind) {
    case 'child-added':
      return supervisor.name == null
        ? impossible(change.child.id, 'its supervisor has no registered name, so it cannot be reached')
        : // Only new specifications put it in its place: a child that is started by hand comes behind all others.
          !change.last && !exchanged
          ? impossible(
              change.child.id,
              'it is not the last child, and its supervisor has no changed callback module to take its place from',
            )
          : start(change, supervisor.name, exchanged, impossible);
    case 'child-removed':
      return supervisor.name == null
        ? impossible(change.child.id, 'its supervisor has no registered name, so it cannot be reached')
        : stop(change, supervisor.name, exchanged, impossible);
    case 'spec-changed':
      return specChanged(change, exchanged, impossible);
    case 'process-changed':
      return impossible(
        change.child.id,
        `it is a process of ${change.child.runs}, and would be started as one of ${change.to.runs}`,
      );
    case 'settings-changed':
      return exchanged && change.to.callback === supervisor.callback
        ? { kind: 'nothing' }
        : impossible(
            '',
            'its strategy or restart intensity differ, and it has no changed callback module to take them from',
          );
    case 'order-changed':
      // A changed callback module brings the new order along, and whoever runs keeps running.
      return exchanged
        ? { kind: 'nothing' }
        : impossible(
            '',
            'its children are ordered differently, and it has no changed callback module to take their order from',
          );
    case 'top-changed':
      // What does not answer is of no known kind, and is a reason of its own.
      return supervisor.type === 'unanswering' ? { kind: 'nothing' } : impossible('', 'its process is of another kind');
  }
}

type Fail = (subject: string, why: string) => Carried;

function start(
  change: SupervisionChange & { kind: 'child-added' },
  name: string,
  exchanged: boolean,
  impossible: Fail,
): Carried {
  const { child, application } = change;
  const spec = child.spec;
  if (spec === undefined || (!exchanged && !spec.portable)) {
    return impossible(
      child.id,
      'its specification holds a fun, a pid or a reference, which cannot be carried to another VM',
    );
  }
  // With new specifications from the callback module the child is known and not started; else it is not known.
  const up = exchanged
    ? call('restart_child', name, { source: child.id })
    : call('start_child', name, { source: spec.text });
  return {
    kind: 'action',
    action: {
      application,
      up: [up],
      down: end(name, child.id),
      words: plainPlace(`${name}: child ${child.id} is started`),
    },
  };
}

function stop(
  change: SupervisionChange & { kind: 'child-removed' },
  name: string,
  exchanged: boolean,
  impossible: Fail,
): Carried {
  const { child, application } = change;
  const spec = child.spec;
  if (spec === undefined || (!exchanged && !spec.portable)) {
    return impossible(child.id, 'its specification could not be put back on the way down');
  }
  // New specifications drop a child that is not running; a running one has to be ended first or stays for ever.
  const back = exchanged
    ? call('restart_child', name, { source: child.id })
    : call('start_child', name, { source: spec.text });
  return {
    kind: 'action',
    action: {
      application,
      up: end(name, child.id),
      down: [back],
      words: plainPlace(`${name}: child ${child.id} is ended`),
    },
  };
}

function specChanged(
  change: SupervisionChange & { kind: 'spec-changed' },
  exchanged: boolean,
  impossible: Fail,
): Carried {
  if (!exchanged) {
    return impossible(
      change.child.id,
      'it is specified differently, and its supervisor has no changed callback module to take that from',
    );
  }
  return change.child.spec?.start === change.to.spec?.start
    ? { kind: 'nothing' }
    : impossible(
        change.child.id,
        'it would be started differently, so the one that runs would not be what a cold boot starts',
      );
}

function end(name: string, id: string): readonly Term[] {
  return [call('terminate_child', name, { source: id }), call('delete_child', name, { source: id })];
}

function call(name: string, supervisor: string, argument: Term): Term {
  return tuple(atom('apply'), tuple(atom('supervisor'), atom(name), [atom(supervisor), argument]));
}
