import { describe, expect, it } from 'vitest';
import { write } from '../../src/node/term.js';
import type { Supervised, SupervisionChange } from '../../src/release/supervision.js';
import { carryOut } from '../../src/upgrade/children.js';
import { supervisor, worker } from '../support/world/facts.js';

const mail = worker('mail');
const spec = {
  portable: true,
  text: '#{id=>mail,start=>{mail,start_link,[]}}',
  start: '{mail,start_link,[]}',
  closures: [],
};
const pinned = worker('mail', { spec: { ...spec, portable: false, closures: ['shop'] } });
const unspecified: Supervised = { id: 'mail', type: 'worker' };

const callback = 'Elixir.Shop.Supervisor';
const at = (chosen: Partial<Supervised> = {}) => ({
  application: 'shop',
  path: 'shop/pool',
  supervisor: supervisor([], { name: 'pool', callback, ...chosen }),
});
const added = (chosen: Partial<Supervised> = {}, child = mail, last = true) =>
  ({ kind: 'child-added', child, last, ...at(chosen) }) as const;
const removed = (chosen: Partial<Supervised> = {}, child = mail) =>
  ({ kind: 'child-removed', child, ...at(chosen) }) as const;
const respecified = (text: string, start: string) =>
  ({ kind: 'spec-changed', child: mail, to: worker('mail', { spec: { ...spec, text, start } }), ...at() }) as const;
const resettled = (chosen: Partial<Supervised>) =>
  ({ kind: 'settings-changed', to: supervisor([], { callback, ...chosen }), ...at() }) as const;

/** What comes of a change where the supervisor's callback module is exchanged, and where it is not. */
const told = (change: SupervisionChange) => (modules: readonly string[]) => {
  const carried = carryOut(change, new Set(modules));
  return carried.kind === 'action'
    ? { up: carried.action.up.map(write), down: carried.action.down.map(write), words: carried.action.words }
    : carried;
};
const exchanged = (change: SupervisionChange) => told(change)(['mail', callback]);
const kept = (change: SupervisionChange) => told(change)(['mail']);

const call = (name: string, argument: string) => `{'apply',{'supervisor','${name}',['pool',${argument}]}}`;
const end = [call('terminate_child', 'mail'), call('delete_child', 'mail')];
const known = [call('restart_child', 'mail')];
const unknown = [call('start_child', '#{id=>mail,start=>{mail,start_link,[]}}')];

describe('a new child', () => {
  const words = 'pool: child mail is started';

  it('is started by its name where the new specifications know it, wherever it stands', () => {
    expect(exchanged(added())).toEqual({ up: known, down: end, words });
    expect(exchanged(added({}, mail, false))).toEqual({ up: known, down: end, words });
    expect(exchanged(added({}, pinned))).toEqual({ up: known, down: end, words });
  });

  it('is started with its specification where its supervisor has none to take it from', () => {
    expect(kept(added())).toEqual({ up: unknown, down: end, words });
    expect(told(added())([])).toEqual({ up: unknown, down: end, words });
  });

  it('belongs to the application whose tree it is part of', () => {
    expect(carryOut(added(), new Set())).toMatchObject({ kind: 'action', action: { application: 'shop' } });
  });
});

describe('a child that is gone', () => {
  const words = 'pool: child mail is ended';

  it('is ended, and comes back by its name or with its specification', () => {
    expect(exchanged(removed())).toEqual({ up: end, down: known, words });
    expect(exchanged(removed({}, pinned))).toEqual({ up: end, down: known, words });
    expect(kept(removed())).toEqual({ up: end, down: unknown, words });
  });
});

describe('what comes with the exchange of the callback module needs nothing more', () => {
  it.each<[string, SupervisionChange]>([
    ['a specification that starts the same', respecified('#{id=>mail,restart=>temporary}', spec.start)],
    ['another strategy or intensity', resettled({ strategy: 'one_for_all', intensity: 9 })],
  ])('%s', (_, change) => {
    expect(exchanged(change)).toEqual({ kind: 'nothing' });
  });

  it('and what does not answer is a reason of its own', () => {
    expect(kept({ kind: 'top-changed', ...at({ type: 'unanswering' }) })).toEqual({ kind: 'nothing' });
  });
});

const nameless = 'its supervisor has no registered name, so it cannot be reached';
const elsewhere = 'its specification holds a fun, a pid or a reference, which cannot be carried to another VM';
const oneWay = 'its specification could not be put back on the way down';
const other = 'it would be started differently, so the one that runs would not be what a cold boot starts';
const settings = 'its strategy or restart intensity differ, and it has no changed callback module to take them from';

describe('impossible to carry out is', () => {
  it.each<[string, SupervisionChange, ReturnType<ReturnType<typeof told>>]>([
    [
      'a new child of a nameless supervisor',
      added({ name: null }),
      { kind: 'impossible', subject: 'shop/pool/mail', why: nameless },
    ],
    [
      'a new child without specification',
      added({}, unspecified),
      { kind: 'impossible', subject: 'shop/pool/mail', why: elsewhere },
    ],
    [
      'an end under a nameless supervisor',
      removed({ name: null }),
      { kind: 'impossible', subject: 'shop/pool/mail', why: nameless },
    ],
    [
      'an end without specification',
      removed({}, unspecified),
      { kind: 'impossible', subject: 'shop/pool/mail', why: oneWay },
    ],
    [
      'another start of a child',
      respecified('#{id=>mail}', '{mail,start,[]}'),
      { kind: 'impossible', subject: 'shop/pool/mail', why: other },
    ],
    [
      'another callback module',
      resettled({ callback: 'Elixir.Shop.Other' }),
      { kind: 'impossible', subject: 'shop/pool', why: settings },
    ],
    [
      'a worker of another kind',
      { kind: 'process-changed', child: { ...mail, runs: 'mail' }, to: { ...mail, runs: 'mail:init/1' }, ...at() },
      {
        kind: 'impossible',
        subject: 'shop/pool/mail',
        why: 'it is a process of mail, and would be started as one of mail:init/1',
      },
    ],
    [
      'a process of another kind',
      { kind: 'top-changed', ...at() },
      { kind: 'impossible', subject: 'shop/pool', why: 'its process is of another kind' },
    ],
  ])('%s, even with another callback module', (_, change, impossible) => {
    expect(exchanged(change)).toEqual(impossible);
  });

  it.each<[string, SupervisionChange, string]>([
    // start_child puts it behind all others, which is not where a cold boot has it.
    [
      'a new child among others',
      added({}, mail, false),
      'it is not the last child, and its supervisor has no changed callback module to take its place from',
    ],
    ['a new child with a fun', added({}, pinned), elsewhere],
    ['an end that could not be taken back', removed({}, pinned), oneWay],
    [
      'another specification',
      respecified('#{id=>mail,restart=>temporary}', spec.start),
      'it is specified differently, and its supervisor has no changed callback module to take that from',
    ],
  ])('%s, where the callback module stays', (_, change, why) => {
    expect(kept(change)).toEqual({ kind: 'impossible', subject: 'shop/pool/mail', why });
    expect(exchanged(change)).not.toMatchObject({ kind: 'impossible' });
  });

  it('another order, where the callback module stays: a changed one brings it along', () => {
    const change: SupervisionChange = { kind: 'order-changed', ...at() };
    expect(kept(change)).toEqual({
      kind: 'impossible',
      subject: 'shop/pool',
      why: 'its children are ordered differently, and it has no changed callback module to take their order from',
    });
    expect(exchanged(change)).toEqual({ kind: 'nothing' });
  });

  it('another strategy, where the callback module stays or there is none', () => {
    expect(kept(resettled({ strategy: 'one_for_all' }))).toEqual({
      kind: 'impossible',
      subject: 'shop/pool',
      why: settings,
    });
    const { callback: _, ...none } = at().supervisor;
    expect(exchanged({ ...resettled({ strategy: 'one_for_all' }), supervisor: none })).toMatchObject({ why: settings });
  });
});
