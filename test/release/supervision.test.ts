import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareTrees,
  countNodes,
  describeChange,
  type Supervised,
  type SupervisionChange,
  type Tree,
} from '../../src/release/supervision.js';
import { supervisor, worker } from '../support/world/facts.js';

const [till, store, mail] = [worker('till'), worker('store'), worker('mail')];
const of = (...children: readonly Supervised[]): Tree => ({ shop: supervisor(children) });
const nested = (...children: readonly Supervised[]) => supervisor(children, { id: 'pool', name: 'pool' });

function only(now: Tree, then: Tree): SupervisionChange {
  const [change, ...others] = compareTrees(now, then);
  expect(others).toEqual([]);
  if (change === undefined) throw new Error('Nothing differs.');
  return change;
}

describe('between what runs and what a cold boot starts', () => {
  it('nothing differs where both are the same, whatever else runs beside', () => {
    expect(compareTrees(of(till, nested(store)), of(till, nested(store)))).toEqual([]);
    expect(compareTrees({ ...of(till), iex: supervisor([]) }, { ...of(till), mail: supervisor([mail]) })).toEqual([]);
  });

  it('what the kernel and sasl run is no difference: it depends on the node name, and on how the VM was started', () => {
    expect(compareTrees({ ...of(till), kernel: supervisor([mail]) }, { ...of(till), kernel: supervisor([]) })).toEqual(
      [],
    );
    expect(compareTrees({ sasl: supervisor([mail]) }, { sasl: supervisor([store]) })).toEqual([]);
  });

  it('a child is new, and whether it is the last decides who restarts with whom', () => {
    const [now, then] = [of(till, store), of(till, store, mail)];
    expect(only(now, then)).toEqual({
      kind: 'child-added',
      application: 'shop',
      path: 'shop',
      trail: [],
      supervisor: now['shop'],
      becomes: then['shop'],
      child: mail,
      last: true,
    });
    expect(only(now, of(till, mail, store))).toMatchObject({ kind: 'child-added', child: mail, last: false });
  });

  it('of two new children each may be the last or not', () => {
    const changes = compareTrees(of(till), of(mail, till, store));
    expect(changes.map((change) => change.kind === 'child-added' && [change.child.id, change.last])).toEqual([
      ['mail', false],
      ['store', true],
    ]);
  });

  it('a child is gone', () => {
    expect(only(of(till, store), of(till))).toMatchObject({ kind: 'child-removed', path: 'shop', child: store });
  });

  it('a child is specified differently', () => {
    const other = worker('till', {
      spec: { portable: true, text: '#{other}', start: '{till,start,[]}', closures: [] },
    });
    expect(only(of(till, store), of(other, store))).toMatchObject({ kind: 'spec-changed', child: till, to: other });
    expect(only(of({ id: 'till', type: 'worker' }), of(till))).toMatchObject({ kind: 'spec-changed', to: till });
  });

  it('children start in another order, which additions and removals alone do not make', () => {
    expect(only(of(till, store), of(store, till))).toMatchObject({ kind: 'order-changed', path: 'shop' });
    const kinds = compareTrees(of(till, store), of(mail, store)).map(({ kind }) => kind);
    expect(kinds).toEqual(['child-removed', 'child-added']);
  });

  it('children end before others start, the last one first', () => {
    const changes = compareTrees(of(till, store), of(mail, { ...mail, id: 'post' }));
    expect(changes.map((change) => ('child' in change ? change.child.id : ''))).toEqual([
      'store',
      'till',
      'mail',
      'post',
    ]);
  });

  it('a worker is of another kind, where both tell what they are', () => {
    const [agent, server] = [
      { ...till, runs: 'shop_till' },
      { ...till, runs: 'shop_till:init/1' },
    ];
    expect(only(of(agent), of(server))).toMatchObject({ kind: 'process-changed', child: agent, to: server });
    expect(compareTrees(of(till), of(server))).toEqual([]);
  });

  it.each<Partial<Supervised>>([
    { strategy: 'one_for_all' },
    { intensity: 9 },
    { period: 9 },
    { callback: 'Elixir.Shop.Other' },
  ])('a supervisor restarts otherwise, by %o', (settings) => {
    const to = supervisor([till], settings);
    expect(only(of(till), { shop: to })).toMatchObject({ kind: 'settings-changed', path: 'shop', to });
  });

  it('a top process, or one below, is of another kind', () => {
    expect(only(of(till), { shop: worker('top') })).toMatchObject({ kind: 'top-changed', path: 'shop' });
    const dynamic: Supervised = { ...till, type: 'dynamic' };
    expect(only(of(dynamic), of(till))).toMatchObject({ kind: 'top-changed', path: 'shop/till', supervisor: dynamic });
  });

  it('all children of a supervisor that does not run are new', () => {
    const { children: _, ...ended } = supervisor([]);
    expect(only({ shop: ended }, of(till))).toMatchObject({ kind: 'child-added', child: till, last: true });
    expect(only(of(till), { shop: ended })).toMatchObject({ kind: 'child-removed', child: till });
  });

  it('what a dynamic supervisor started comes and goes with the work', () => {
    const dynamic = (children: readonly Supervised[]) => ({ shop: supervisor(children, { type: 'dynamic' }) });
    expect(compareTrees(dynamic([till]), dynamic([store]))).toEqual([]);
  });

  it('and all of it below, under the ids on the way', () => {
    const changes = compareTrees(of(till, nested(nested(store))), of(till, nested(nested(store, mail))));
    expect(changes).toMatchObject([{ kind: 'child-added', path: 'shop/pool/pool', supervisor: nested(store) }]);
  });
});

const settings = fc.record({
  strategy: fc.constantFrom('one_for_one', 'rest_for_one'),
  callback: fc.constantFrom('Elixir.Shop.Supervisor', 'Elixir.Supervisor.Default'),
});
const { child } = fc.letrec<{ child: Supervised; children: readonly Supervised[] }>((tie) => ({
  child: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c').map((id) => worker(id)),
    fc
      .tuple(fc.constantFrom('a', 'd', 'e'), settings, tie('children'))
      .map(([id, chosen, children]) => supervisor(children, { id, ...chosen })),
  ),
  children: fc.uniqueArray(tie('child'), { maxLength: 4, selector: ({ id }) => id }),
}));
const tree: fc.Arbitrary<Tree> = fc.dictionary(fc.constantFrom('shop', 'cart'), child);

it('equal trees give no change', () => {
  fc.assert(
    fc.property(tree, (some) => {
      expect(compareTrees(some, structuredClone(some))).toEqual([]);
    }),
  );
});

it('what is added one way is removed the other way', () => {
  fc.assert(
    fc.property(tree, tree, (one, other) => {
      const mirrored = { 'child-added': 'child-removed', 'child-removed': 'child-added' } as const;
      const told = (changes: readonly SupervisionChange[], turn: boolean) =>
        changes
          .map((change) => {
            const child = 'child' in change ? change.child.id : '';
            const kind = turn && change.kind in mirrored ? mirrored[change.kind as keyof typeof mirrored] : change.kind;
            return `${kind} ${change.path}/${child}`;
          })
          .sort();
      expect(told(compareTrees(other, one), true)).toEqual(told(compareTrees(one, other), false));
    }),
  );
});

it('all processes of a tree are counted, at every depth', () => {
  expect(countNodes({ ...of(till, nested(store, mail)), cart: worker('top') })).toBe(6);
  expect(countNodes({})).toBe(0);
});

it('each change has words of its own, which name the place and the child', () => {
  const at = { application: 'shop', path: 'shop/pool', trail: ['pool'], supervisor: nested(), becomes: nested() };
  const words = [
    describeChange({ ...at, kind: 'child-added', child: till, last: true }),
    describeChange({ ...at, kind: 'child-removed', child: till }),
    describeChange({ ...at, kind: 'spec-changed', child: till, to: till }),
    describeChange({ ...at, kind: 'order-changed' }),
    describeChange({ ...at, kind: 'settings-changed', to: nested() }),
    describeChange({ ...at, kind: 'top-changed' }),
  ];
  expect(words).toEqual([
    'shop/pool: child till is new',
    'shop/pool: child till is gone',
    'shop/pool: child till is specified differently',
    'shop/pool: children start in another order',
    'shop/pool: strategy, restart intensity or callback module differ',
    'shop/pool: the top process is of another kind',
  ]);
});
