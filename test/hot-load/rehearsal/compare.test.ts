import { describe, expect, it } from 'vitest';
import { compareFacts } from '../../../src/hot-load/rehearsal/compare.js';
import { findings } from '../../../src/hot-load/rehearsal/findings.js';
import type { Facts, ProcessState } from '../../../src/release/facts.js';
import type { Shape } from '../../../src/release/shape.js';
import { closed } from '../../../src/strategies/strategy.js';
import { proof } from '../../report/sample.js';

const nothing = { names: [], tables: [], terms: [] };
const both = { before: nothing, now: nothing };

function facts(chosen: Partial<Facts> = {}): Facts {
  const identity = { version: '1', osPid: '1', uptimeMs: 1, modules: {}, applications: [] };
  return { identity, tree: {}, registrations: nothing, settings: [], states: [], ...chosen };
}

const state = (place: string, shape: Shape, module = 'room'): ProcessState => ({ place, module, shape });
const one = { members: { users: 'list' } } as const;
const two = { members: { users: 'list', topic: 'none' } } as const;
const states = (now: readonly ProcessState[], cold: readonly ProcessState[], loaded = ['room']) =>
  compareFacts(facts({ states: now }), facts({ states: cold }), both, loaded).states;

describe('a process whose state nobody migrated', () => {
  it('is named with its place and what its state lacks', () => {
    expect(states([state('chat/lobby', one)], [state('chat/lobby', two)])).toEqual([
      { place: 'chat/lobby', module: 'room', what: 'the state lacks topic' },
    ]);
  });

  it('is looked for only where the code is new', () => {
    expect(states([state('chat/lobby', one)], [state('chat/lobby', two)], ['hall'])).toEqual([]);
  });

  it('also where the code that is new is only that of a struct in it', () => {
    const [was, is] = [one, two].map((shape): Shape => ({ members: { room: { struct: 'Elixir.Room', ...shape } } }));
    const found = states(
      [state('chat/hall', was ?? 'none', 'hall')],
      [state('chat/hall', is ?? 'none', 'hall')],
      ['Elixir.Room'],
    );
    expect(found).toMatchObject([{ module: 'hall', what: 'room in it lacks topic' }]);
  });

  it('also where an Agent keeps it, whose own code never changes', () => {
    const server = 'Elixir.Agent.Server';
    const found = states([state('chat/board', one, server)], [state('chat/board', two, server)], []);
    expect(found).toMatchObject([{ place: 'chat/board', what: 'what it keeps lacks topic' }]);
    const empty = { members: {} };
    expect(states([state('chat/board', empty, server)], [state('chat/board', two, server)], [])).toEqual([]);
  });

  it('is compared with its own counterpart', () => {
    const cold = [state('chat/lobby', one), state('chat/attic', two)];
    expect(states([state('chat/lobby', one), state('chat/attic', two)], cold)).toEqual([]);
  });

  it('is any of the children under a dynamic supervisor, and like one of them', () => {
    const cold = [state('chat/rooms/*', two), state('chat/rooms/*', 'none')];
    expect(states([state('chat/rooms/*', two)], cold)).toEqual([]);
    expect(states([state('chat/rooms/*', one)], [state('chat/rooms/*', two)])).toHaveLength(1);
  });

  it('closes the hot way', () => {
    const compared = compareFacts(
      facts({ states: [state('chat/lobby', one)] }),
      facts({ states: [state('chat/lobby', two)] }),
      both,
      ['room'],
    );
    const reasons = findings(proof, compared);
    expect(reasons).toMatchObject([{ code: 'state-shape-changed', subject: 'room' }]);
    expect(closed(reasons)).toBe(true);
  });
});

describe('settings', () => {
  const print = (key: string, value: string) => ['chat', key, value] as const;

  it('that a start function makes and the upgrade did not close the hot way', () => {
    const compared = compareFacts(facts(), facts({ settings: [print('started', 'AA')] }), both, []);
    expect(compared.settings).toEqual(['chat:started']);
    expect(findings(proof, compared)).toMatchObject([{ code: 'rehearsal-failed', subject: 'chat:started' }]);
  });

  it('that are set to something else than after a cold boot close it, too', () => {
    const compared = compareFacts(
      facts({ settings: [print('port', 'AA')] }),
      facts({ settings: [print('port', 'BB')] }),
      both,
      [],
    );
    expect(compared.remarks).toEqual([]);
    expect(findings(proof, compared)).toMatchObject([{ code: 'rehearsal-failed', subject: 'chat:port' }]);
  });

  it('of the platform are about the VM', () => {
    const settings = [['kernel', 'logger_level', 'AA'] as const];
    expect(compareFacts(facts(), facts({ settings }), both, []).settings).toEqual([]);
  });
});

it('every difference of the proof is a reason', () => {
  const none = { states: [], settings: [], remarks: [] };
  const differing = {
    ...proof,
    modules: { ...proof.modules, differing: ['Elixir.Room'] },
    environment: { matching: 1, differing: ['chat:motd'] },
    protocols: { ...proof.protocols, differing: ['Elixir.Render'] },
    supervision: { ...proof.supervision, differing: ['chat: child x is new'] },
    registrations: { ...proof.registrations, differing: ['table {t}'] },
  };
  expect(findings(differing, none).map(({ subject }) => subject)).toEqual([
    'Elixir.Room',
    'chat:motd',
    'Elixir.Render',
    'chat: child x is new',
    'table {t}',
  ]);
  expect(findings(proof, none)).toEqual([]);
});
