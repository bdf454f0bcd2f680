import type { Row } from '../row.js';
import { box, get, ids, put, shelf } from './boxes.js';

/** Children that come, go, change and move. */
export const supervisors: readonly Row[] = [
  {
    name: 'child_comes',
    promise: 'a child that comes last under a supervisor without a module is started, and ended on the way down',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': box('ChildComes.A') }, children: 'ChildComes.A' },
    after: { sources: { 'lib/b.ex': box('ChildComes.B', ':b') }, children: 'ChildComes.A, ChildComes.B' },
    does: put('ChildComes.A', '7'),
    says: [
      'ChildComes.Application: loaded',
      'ChildComes.B: new, loaded',
      'ChildComes.Supervisor: child ChildComes.B is started',
    ],
    up: ['{apply,{hot_deploy_step,children,[child_comes,[],'],
    down: ['{apply,{hot_deploy_step,children,[child_comes,[],'],
    there: [
      [ids('ChildComes.Supervisor'), '[{ChildComes.B, true}, {ChildComes.A, true}]'],
      [get('ChildComes.A'), '7'],
    ],
    back: [
      [ids('ChildComes.Supervisor'), '[{ChildComes.A, true}]'],
      [get('ChildComes.A'), '7'],
    ],
  },
  {
    name: 'child_goes',
    promise: 'a child that leaves a supervisor without a module is ended with its module, and started on the way down',
    decision: 'hot',
    before: {
      sources: { 'lib/a.ex': box('ChildGoes.A'), 'lib/b.ex': box('ChildGoes.B') },
      children: 'ChildGoes.A, ChildGoes.B',
    },
    after: { sources: { 'lib/b.ex': undefined }, children: 'ChildGoes.A' },
    does: put('ChildGoes.A', '7'),
    says: ['ChildGoes.Application: loaded', 'ChildGoes.B: removed', 'ChildGoes.Supervisor: child ChildGoes.B is ended'],
    there: [
      [ids('ChildGoes.Supervisor'), '[{ChildGoes.A, true}]'],
      [':erlang.module_loaded(ChildGoes.B)', 'false'],
    ],
    back: [
      [ids('ChildGoes.Supervisor'), '[{ChildGoes.B, true}, {ChildGoes.A, true}]'],
      [get('ChildGoes.A'), '7'],
    ],
    ends: ["'Elixir.ChildGoes.B'"],
  },
  {
    name: 'children_come',
    promise: 'several children that come last are started in their order',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': box('ChildrenCome.A') }, children: 'ChildrenCome.A' },
    after: {
      sources: {
        'lib/b.ex': box('ChildrenCome.B'),
        'lib/c.ex': box('ChildrenCome.C', 'Agent.get(ChildrenCome.B, & &1) + 1'),
      },
      children: 'ChildrenCome.A, ChildrenCome.B, ChildrenCome.C',
    },
    says: [
      'ChildrenCome.Application: loaded',
      'ChildrenCome.B: new, loaded',
      'ChildrenCome.C: new, loaded',
      'ChildrenCome.Supervisor: child ChildrenCome.B is started',
      'ChildrenCome.Supervisor: child ChildrenCome.C is started',
    ],
    there: [[get('ChildrenCome.C'), '1']],
    back: [[ids('ChildrenCome.Supervisor'), '[{ChildrenCome.A, true}]']],
  },
  {
    name: 'shelf_comes',
    promise: 'a whole supervisor with children of its own comes, and goes on the way down',
    decision: 'hot',
    before: { sources: { 'lib/a.ex': box('ShelfComes.A') }, children: 'ShelfComes.A' },
    after: {
      sources: { 'lib/b.ex': box('ShelfComes.B'), 'lib/s.ex': shelf('ShelfComes.Shelf', 'ShelfComes.B') },
      children: 'ShelfComes.A, ShelfComes.Shelf',
    },
    says: [
      'ShelfComes.Application: loaded',
      'ShelfComes.B: new, loaded',
      'ShelfComes.Shelf: new, loaded',
      'ShelfComes.Supervisor: child ShelfComes.Shelf is started',
    ],
    there: [[ids('ShelfComes.Shelf'), '[{ShelfComes.B, true}]']],
    back: [['{Process.whereis(ShelfComes.Shelf), Process.whereis(ShelfComes.B)}', '{nil, nil}']],
  },
];
