import { describe, expect, test } from 'vitest';
import { judgeStartup, type Startup } from '../../src/analysis/migration-rules.js';
import type { Supervised, Tree } from '../../src/release/supervision.js';

const file = 'lib/shop-2/priv/repo/migrations/20260101000000_add_labels.exs';
const task = { where: '/entry.sh', statement: 'bin/shop eval Shop.Release.migrate' };
const none = { runners: [], starters: [] };
const quiet: Startup = { files: [file], tasks: [], migrators: none, trees: { apart: false } };
const judge = (startup: Partial<Startup>) => judgeStartup({ ...quiet, ...startup });

const child = (start: string, running: boolean): Supervised => ({
  ...{ id: "'Elixir.Ecto.Migrator'", type: 'worker', running },
  spec: { portable: true, text: `#{start=>${start}}`, start, closures: [] },
});
const tree = (...children: readonly Supervised[]): Tree => ({ shop: { id: 'top', type: 'supervisor', children } });
const ecto = (skip: boolean) =>
  child(`{'Elixir.Ecto.Migrator',start_link,[[{repos,['Elixir.Shop.Repo']},{skip,${skip}}]]}`, false);
const starter = { application: 'shop', module: 'Elixir.Shop.Application', migrator: 'Elixir.Ecto.Migrator' };
const stock = { runners: ['Elixir.Shop.Release'], starters: [] };

describe('new migrations close the hot way where a start runs them', () => {
  test.each<[string, Partial<Startup>, RegExp]>([
    [
      'by the entrypoint',
      { tasks: [task] },
      /\/entry\.sh runs “bin\/shop eval Shop\.Release\.migrate” when a container starts/,
    ],
    [
      "by Ecto's migrator as a child",
      { trees: { running: tree(ecto(false)), apart: false } },
      /shop\/Ecto\.Migrator runs migrations/,
    ],
    [
      'by a child that the new release brings',
      { trees: { running: tree(), boot: tree(ecto(false)), apart: true } },
      /runs migrations/,
    ],
    [
      'by a child whose module does it',
      {
        migrators: { ...stock, runners: ['Elixir.Shop.Boot'] },
        trees: { running: tree(child("{'Elixir.Shop.Boot',start_link,[[]]}", true)), apart: false },
      },
      /runs migrations/,
    ],
    [
      'by a child that is named so and answered ignore',
      { trees: { running: tree(child('{shop_migrator,start_link,[]}', false)), apart: false } },
      /runs migrations/,
    ],
    [
      'in the start function',
      { migrators: { ...stock, starters: [{ ...starter, migrator: 'Elixir.Shop.Release' }] } },
      /start of shop \(Shop\.Application\) leads to Shop\.Release/,
    ],
    [
      'where they are skipped only apart, by variables for that',
      {
        migrators: { ...stock, starters: [starter] },
        trees: { running: tree(), boot: tree(ecto(true)), apart: true },
      },
      /leads to Ecto\.Migrator/,
    ],
  ])('%s', (_, startup, why) => {
    const [reason, ...rest] = judge(startup);
    expect(rest).toEqual([]);
    expect(reason).toMatchObject({ code: 'migrations-pending', subject: file, blocks: ['relup'] });
    expect(reason?.message).toMatch(why);
    expect(reason?.message).toMatch(/^20260101000000_add_labels\.exs is a new migration, .*release-command/);
  });
});

describe('they are a remark where nothing at a start runs them', () => {
  test.each<[string, Partial<Startup>]>([
    ['stock Phoenix, whose Release module waits for bin/migrate', { migrators: stock }],
    [
      'a migrator that is skipped',
      { migrators: { ...stock, starters: [starter] }, trees: { running: tree(ecto(true)), apart: false } },
    ],
    [
      'a new one that is skipped',
      {
        migrators: { ...stock, starters: [starter] },
        trees: { running: tree(), boot: tree(ecto(true)), apart: false },
      },
    ],
    [
      'a process that only bears the name',
      { trees: { running: tree(child('{shop_migrator,start_link,[]}', true)), apart: false } },
    ],
  ])('%s', (_, startup) => {
    expect(judge(startup)).toMatchObject([{ code: 'migrations-pending', subject: file, blocks: [] }]);
  });
});

test('without new migrations a start that does more is a remark, and one that does not is none', () => {
  expect(judge({ files: [], tasks: [task] })).toMatchObject([
    { code: 'start-command-skipped', subject: '/entry.sh', blocks: [] },
  ]);
  expect(judge({ files: [], trees: { running: tree(ecto(false)), apart: false } })).toEqual([]);
});
