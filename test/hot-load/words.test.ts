import { expect, it } from 'vitest';
import { explain } from '../../src/hot-load/words.js';
import type { Change } from '../../src/release/compare.js';
import { tell } from '../../src/report/instructions.js';
import { application, beam, modulesOf, script } from '../support/world/facts.js';

const both = (module: string, to: Parameters<typeof beam>[1] = {}) => ({
  from: beam(module, { ...to, digest: 'old' }),
  to: beam(module, { ...to, digest: 'new' }),
});
const version = (name: string) => ({
  name,
  from: '1.0.0',
  to: '1.1.0',
  fromDirectory: '',
  toDirectory: '',
  appup: false,
});
const change: Change = {
  applications: {
    added: [application('mailer', [], { version: '2.0.0' })],
    removed: [],
    changed: [version('shop'), version('cart')],
    rebuilt: [],
  },
  modes: [],
  protocols: ['Elixir.Shop.Show'],
  files: [],
  overlays: [],
  links: [],
  same: false,
};
const server = { behaviours: ['gen_server'] };
const modules = [
  modulesOf('shop', {
    changed: [
      both('Elixir.Shop.Price'),
      both('till', { ...server, codeChange: [3] }),
      both('door', server),
      both('pump', { exports: ['system_code_change/4'] }),
      both('sup', { behaviours: ['supervisor'] }),
    ],
    added: [beam('Elixir.Shop.Mail')],
    removed: [beam('fax')],
  }),
  modulesOf('cart', { changed: [both('cart')] }),
];
const up = script({
  loads: ['Elixir.Shop.Price', 'till', 'door', 'pump', 'sup', 'Elixir.Shop.Mail', 'cart'],
  removes: ['fax'],
  holds: ['till', 'door', 'pump', 'sup'],
  migrates: ['till', 'pump', 'sup'].map((module) => ({ module, loaded: true })),
});
const written = [
  { application: 'cart', from: '1.0.0', to: '1.1.0', file: 'rel/appups/cart/1.0.0_to_1.1.0.appup', kind: 'usable' },
] as const;
const supervisors = [
  { application: 'shop', path: 'shop', up: [], down: [], words: ['shop_sup: child mail is started'] },
];

it('an upgrade is told in words, with how many processes it holds in all containers together', () => {
  const sentences = explain(change, modules, { up, down: script() }, written, supervisors);
  expect(
    tell(sentences, [
      { till: 40, door: 1, pump: 1200 },
      { till: 1, sup: 1 },
    ]),
  ).toEqual([
    'mailer 2.0.0: new application',
    'shop 1.0.0 → 1.1.0',
    'Shop.Price: loaded',
    'till: state migrated by code_change/3, 41 processes',
    'door: held while the code is exchanged, 1 process',
    'pump: state migrated by system_code_change/4, 1,200 processes',
    'sup: child specifications exchanged, children go on, 1 process',
    'Shop.Mail: new, loaded',
    'fax: removed',
    'shop_sup: child mail is started',
    'cart 1.0.0 → 1.1.0, as rel/appups/cart/1.0.0_to_1.1.0.appup says',
    'cart: loaded',
    'Shop.Show: consolidated protocol exchanged',
  ]);
});

it('where no process runs a module, that is said', () => {
  const sentences = explain(change, modules, { up, down: script() }, written, []);
  expect(tell(sentences, [{}])).toContain('till: state migrated by code_change/3, no process');
});

it('an application that is restarted by hand is told as such', () => {
  const restarting = { up: { ...up, restarts: ['cart'] }, down: script() };
  expect(explain(change, modules, restarting, written, [])).toContainEqual({ text: 'cart: stopped and started again' });
});
