import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CodeComparison, type HandWritten, nameProcess } from '../../src/hot-load/comparison.js';
import type { ReasonCode } from '../../src/reasons/codes.js';
import type { ModuleChanges } from '../../src/release/modules.js';
import type { ProcessCheck } from '../../src/release/processes.js';
import type { ModuleFacts } from '../../src/release/release.js';
import { compareTrees } from '../../src/release/supervision.js';
import { judgeCode } from '../../src/strategies/relup/judge.js';
import { closed } from '../../src/strategies/strategy.js';
import {
  anyImage,
  beam,
  bumped,
  comparison,
  image,
  modulesOf,
  runs,
  supervisor,
  worker,
} from '../support/world/facts.js';
import { quiet } from './quiet.js';

const shop = image();

function comparing(
  modules: Partial<ModuleChanges>,
  processes: Partial<ProcessCheck> = {},
  supervision: CodeComparison['supervision'] = [],
): CodeComparison {
  return {
    ...comparison(runs(shop), bumped(shop, '1.1.0', ['shop'])),
    modules: [modulesOf('cart'), modulesOf('shop', modules)],
    supervision,
    drift: [],
    processes: { ...quiet, ...processes },
    appups: [],
  };
}
const both = (module: string, to: Partial<ModuleFacts> = {}, from: Partial<ModuleFacts> = {}) => ({
  from: beam(module, { ...from, digest: 'old' }),
  to: beam(module, { ...to, digest: 'new' }),
});
const unbooted = { unknown: 'it ended with exit code 1: no database' };
const till = { pid: '<0.310.0>', name: 'till', modules: ['Elixir.Shop.Till', 'Elixir.Shop'] };
const nameless = { pid: '<0.311.0>', modules: ['Elixir.Shop.Till'] };
const restarted = worker('till', {
  spec: { portable: true, text: '#{id=>till}', start: '{till,start,[]}', closures: [] },
});
const startedOtherwise = compareTrees({ shop: supervisor([worker('till')]) }, { shop: supervisor([restarted]) });

type Row = readonly [code: ReasonCode, subject: string, comparison: CodeComparison, says: string];

const rows: readonly Row[] = [
  [
    'baseline-mismatch',
    'shop',
    comparing({ patched: ['Elixir.Shop.Till', 'Elixir.Shop'] }),
    'runs Shop.Till, Shop in another version than its disk holds: somebody loaded code by hand. A restart brings it back to what can be named.',
  ],
  [
    'nif-changed',
    'Shop.Hash',
    comparing({ changed: [both('Elixir.Shop.Hash', { nif: true })] }),
    'it takes a restart.',
  ],
  ['nif-changed', 'hash', comparing({ changed: [both('hash', {}, { nif: true })] }), 'hash loads a native library'],
  [
    'on-load-changed',
    'hash',
    comparing({ changed: [both('hash', { onLoad: true })] }),
    'so the container is restarted',
  ],
  ['on-load-changed', 'Shop.Hash', comparing({ added: [beam('Elixir.Shop.Hash', { onLoad: true })] }), 'if it failed'],
  [
    'nif-changed',
    'lib/shop-1.0.0/priv/hash.so',
    {
      ...comparing({}),
      ...comparison(
        runs(image({ files: { 'lib/shop-1.0.0/priv/hash.so': 'old', 'lib/shop-1.0.0/priv/same.so.2': 'same' } })),
        bumped(
          image({ files: { 'lib/shop-1.0.0/priv/hash.so': 'new', 'lib/shop-1.0.0/priv/same.so.2': 'same' } }),
          '1.1.0',
          ['shop'],
        ),
      ),
    },
    'processes that loaded the old one keep it',
  ],
  [
    'callback-mode-changed',
    'door',
    comparing({
      changed: [
        both('door', { callbackMode: '[handle_event_function]' }, { callbackMode: '[state_functions]' }),
        both('gate', { callbackMode: '[state_functions]' }, { callbackMode: '[state_functions]' }),
        both('wall', { callbackMode: '[state_functions]' }),
      ],
    }),
    'from [state_functions] to [handle_event_function]',
  ],
  [
    'behaviour-changed',
    'Shop.Till',
    comparing({
      changed: [
        both('Elixir.Shop.Till', { behaviours: ['gen_statem'] }, { behaviours: ['Elixir.GenServer'] }),
        both('shop_mail', { behaviours: ['Elixir.GenServer', 'shop'] }, { behaviours: ['gen_server'] }),
        both('shop_price', { behaviours: ['gen_server'] }, { behaviours: [] }),
      ],
    }),
    'was a gen_server and becomes a gen_statem',
  ],
  [
    'application-start-changed',
    'shop',
    comparing({ started: ['mod', 'start_phases'] }),
    'shop has another mod, start_phases, which is read only when it starts',
  ],
  [
    'fun-kept',
    'Shop.Hash',
    comparing({}, { funs: [{ place: "table 'Elixir.Shop.Handlers'", module: 'Elixir.Shop.Hash' }] }),
    'table Shop.Handlers keeps a fun that was made in Shop.Hash',
  ],
  [
    'module-moved',
    'Cart.Store',
    comparing({ removed: [beam('Elixir.Cart.Store'), beam('fax')] }),
    'Cart.Store moved from shop to another application, and a hot load would bring it with the one and remove it with the other. It takes a restart.',
  ],
  [
    'cold-boot-failed',
    'Shop.Sup, Shop.Till',
    comparing(
      {
        added: [beam('Elixir.Shop.Sup', { behaviours: ['Elixir.DynamicSupervisor'] })],
        changed: [both('Elixir.Shop.Till', { exports: ['child_spec/1'] }), both('Elixir.Shop.Price')],
      },
      {},
      unbooted,
    ),
    'did not boot in a container of its own to show its supervision tree: it ended with exit code 1: no database',
  ],
  [
    'cold-boot-failed',
    'shop_app',
    comparing({ changed: [both('shop_app', { exports: ['start/2', 'stop/1'] })] }, {}, unbooted),
    'These modules specify children',
  ],
  [
    'supervision-changed',
    'shop/till',
    comparing({}, {}, startedOtherwise),
    'shop/till cannot be carried over: it would be started differently, so the one that runs would not be what a cold boot starts. It takes a restart.',
  ],
  [
    'supervisor-not-answering',
    'shop/pool',
    comparing({}, { supervisors: [{ path: 'shop/pool', why: 'it does not answer: busy, or suspended' }] }),
    'shop/pool: it does not answer: busy, or suspended. release_handler asks every supervisor, and would crash on this one: it takes a restart.',
  ],
  [
    'processes-would-die',
    'till <0.310.0>',
    comparing({}, { wouldDie: [till] }),
    'inside old code of Shop.Till, Shop from an earlier upgrade; loading a third version would kill it. Wait until it is done, or end it.',
  ],
  [
    'process-not-answering',
    'Elixir.Shop.Till <0.311.0>',
    comparing({}, { unanswering: [nameless] }),
    'Is it busy? suspend-timeout says how long to wait.',
  ],
  [
    'special-process-changed',
    'till <0.310.0>',
    comparing({}, { unsupervised: [till] }),
    'Supervise it, and name the module in its child specification.',
  ],
];

describe('what closes the hot way once the code is read and the node was asked', () => {
  it.each(rows)('%s of %s, and the message says what to do', (code, subject, comparison, says) => {
    const reasons = judgeCode(comparison);
    expect(reasons).toEqual([{ code, subject, message: expect.stringContaining(says), blocks: ['relup'] }]);
    expect(closed(reasons)).toBe(true);
  });

  it('rules out `modules` too for a process that a relup would not find, if an appup is written by hand', () => {
    const appup = { application: 'shop', from: '1.0.0', to: '1.1.0', file: 'shop.appup', kind: 'usable' } as const;
    const found = comparing({}, { unsupervised: [till] });
    expect(judgeCode(found)[0]?.blocks).toEqual(['relup']);
    const written = { ...found, appups: [appup as unknown as HandWritten] };
    expect(judgeCode(written).find(({ code }) => code === 'special-process-changed')?.blocks).toEqual([
      'relup',
      'modules',
    ]);
  });

  it('is in this table for every code that a rule can give', () => {
    const source = ['code', 'process'].map((kind) => readFileSync(`src/hot-load/${kind}-rules.ts`, 'utf8')).join('\n');
    const given = [...source.matchAll(/against\(\s*'([\w-]+)'/g)].map(([, code]) => code);
    expect(new Set(rows.map(([code]) => code))).toEqual(new Set(given));
  });

  it('is told of each module and each process that is concerned', () => {
    const [one, other] = [both('one', { nif: true }), both('other', { nif: true, onLoad: true })];
    const reasons = judgeCode(comparing({ changed: [one, other] }, { wouldDie: [till, nameless] }));
    expect(reasons.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'nif-changed one',
      'nif-changed other',
      'on-load-changed other',
      'processes-would-die till <0.310.0>',
      'processes-would-die Elixir.Shop.Till <0.311.0>',
    ]);
  });
});

describe('nothing closes it', () => {
  it('where no code differs, whatever runs', () => {
    fc.assert(
      fc.property(anyImage, (release) => {
        const modules = release.applications.map(({ name }) => modulesOf(name));
        expect(judgeCode({ ...comparing({}), ...comparison(runs(release), release), modules })).toEqual([]);
      }),
    );
  });

  it.each<[string, CodeComparison]>([
    [
      'where plain modules and servers change, come and go',
      comparing({
        added: [beam('mail', { nif: true })],
        removed: [beam('fax', { nif: true, onLoad: true }), beam('Elixir.Shop.Price', { protocol: true })],
        changed: [both('price'), both('till', { behaviours: ['gen_server'], codeChange: [3] }, { onLoad: true })],
      }),
    ],
    [
      'where none of them could change the tree, and no cold boot told of it',
      comparing(
        {
          added: [beam('mail', { exports: ['start/1', 'child_spec/2'], behaviours: ['Elixir.SupervisorWatch'] })],
          removed: [beam('sup', { behaviours: ['supervisor'] })],
          changed: [both('price', {}, { exports: ['start/2'] })],
        },
        {},
        unbooted,
      ),
    ],
    [
      'where the tree changes in a way that can be carried out',
      comparing(
        {},
        { held: 12 },
        compareTrees({ shop: supervisor([worker('till')]) }, { shop: supervisor([worker('till'), worker('mail')]) }),
      ),
    ],
  ])('%s', (_, comparison) => {
    expect(judgeCode(comparison)).toEqual([]);
  });

  it('to a child among others, whether its supervisor has new code or not', () => {
    const then = supervisor([worker('mail'), worker('till')]);
    const supervision = compareTrees({ shop: supervisor([worker('till')]) }, { shop: then });
    expect(judgeCode(comparing({}, {}, supervision))).toEqual([]);
    const changed = [both('Elixir.Shop.Supervisor', { behaviours: ['Elixir.Supervisor'] })];
    expect(judgeCode(comparing({ changed }, {}, supervision))).toEqual([]);
  });
});

it('drift closes the hot way where the upgrade changes the very child, and nowhere else', () => {
  const supervision = compareTrees({ shop: supervisor([]) }, { shop: supervisor([worker('mail')]) });
  const drifted = (child: string) => ({
    ...comparing({}, {}, supervision),
    drift: [{ path: 'shop', child, what: `shop: child ${child} is gone` }],
  });
  expect(judgeCode(drifted('debug'))).toEqual([]);
  expect(judgeCode(drifted('mail'))).toMatchObject([{ code: 'supervision-changed', subject: 'shop/mail' }]);
});

it('a process is named as a person looks for it on the node', () => {
  expect([till, nameless, { pid: '<0.1.0>', modules: [] }].map(nameProcess)).toEqual([
    'till <0.310.0>',
    'Elixir.Shop.Till <0.311.0>',
    '<0.1.0>',
  ]);
});
