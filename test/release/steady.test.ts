import { describe, expect, it } from 'vitest';
import { compareSupervision } from '../../src/release/drift.js';
import { asIn, steadyTree } from '../../src/release/steady.js';
import { compareTrees } from '../../src/release/supervision.js';
import type { Supervised, Tree } from '../../src/release/tree.js';
import { placesOf } from '../../src/release/tree-differences.js';
import { supervisor, worker } from '../support/world/facts.js';

const of = (...children: readonly Supervised[]): Tree => ({ shop: supervisor(children) });
const given = (id: string, argument: string, restart = 'permanent') => {
  const start = `{${id.replace(/\W.*/, '') || 'child'},start_link,[${argument}]}`;
  const text =
    restart === 'permanent' ? `#{id=>${id},start=>${start}}` : `#{id=>${id},restart=>${restart},start=>${start}}`;
  return worker(id, { spec: { portable: true, text, start, closures: [] } });
};
const ids = (tree: Tree) => tree['shop']?.children?.map(({ id }) => id);
const booted = (tree: Tree) =>
  ({
    kind: 'booted',
    ms: 1,
    salt: '',
    facts: {
      tree,
      identity: { version: '1', osPid: '1', uptimeMs: 1, modules: {}, applications: [] },
      registrations: { names: [], tables: [], terms: [] },
      settings: [],
      states: [],
    },
  }) as const;

describe('what is another value in each boot', () => {
  const boot = (random: string) => of(given('till', `<<"${random}">>`), given("{listener,'<reference>'}", random));
  const steady = steadyTree(boot('1'), boot('2'));

  it('is no difference, in arguments and in ids', () => {
    expect(compareTrees(boot('3'), steady)).toEqual([]);
    const named = steadyTree(of(given('{a,17}', '1')), of(given('{a,18}', '1')));
    expect(ids(named)).toEqual(["{a,'<random number>'}"]);
    expect(compareTrees(of(given('{a,19}', '1')), named)).toEqual([]);
  });

  it('hides no change beside it, and no child', () => {
    const other = of(given('till', '<<"3">>,more'), given("{listener,'<reference>'}", '3'));
    expect(compareTrees(other, steady)).toMatchObject([{ kind: 'spec-changed', child: { id: 'till' } }]);
    expect(compareTrees(of(given('till', '<<"3">>')), steady)).toMatchObject([{ kind: 'child-added' }]);
    expect(compareTrees(of(...(boot('3')['shop']?.children ?? []), worker('mail')), steady)).toMatchObject([
      { kind: 'child-removed', child: { id: 'mail' } },
    ]);
  });

  it('tells children apart by their order if they are printed alike', () => {
    const listener = "{listener,'<reference>'}";
    const two = (random: string) =>
      of(given(listener, `80,${random}`), worker('mail'), given(listener, `443,${random}`));
    const both = steadyTree(two('1'), two('2'));
    expect(ids(both)).toEqual([listener, 'mail', `${listener} #2`]);
    expect(compareTrees(two('3'), both)).toEqual([]);
    expect(compareTrees(of(given(listener, '80,3'), worker('mail')), both)).toMatchObject([
      { kind: 'child-added', child: { id: `${listener} #2` } },
    ]);
  });

  it('is written below a place as that place has it', () => {
    const pool = (random: string) => of(supervisor([worker('line')], { id: `{pool,${random}}`, name: 'pool' }));
    const both = steadyTree(pool('1'), pool('2'));
    expect(placesOf(asIn(pool('3'), both)).map(({ path }) => path)).toEqual([
      'shop',
      "shop/{pool,'<random number>'}",
      "shop/{pool,'<random number>'}/line",
    ]);
  });

  it('counts a temporary child that only one of the boots still had', () => {
    const task = given('task', '1', 'temporary');
    expect(ids(steadyTree(of(worker('till')), of(worker('till'), task)))).toEqual(['till', 'task']);
    expect(ids(steadyTree(of(worker('till')), of(worker('till'), worker('clerk'))))).toEqual(['till']);
  });
});

describe('what came from the environment', () => {
  const apart = (value: string) => {
    const [start, exactStart] = ["{till,start_link,['<random binary>']}", `{till,start_link,[${value}]}`];
    const spec = { text: `#{id=>till,start=>${start}}`, exact: `#{id=>till,start=>${exactStart}}`, start, exactStart };
    return of(worker('till', { spec: { portable: true, closures: [], ...spec } }));
  };

  it('is no difference of one that serves, which has another environment', () => {
    expect(compareTrees(of(given('till', '<<"prod">>')), steadyTree(apart('<<"test">>'), apart('<<"test">>')))).toEqual(
      [],
    );
    expect(compareTrees(of(given('till', '17')), apart('<<"test">>'))).toMatchObject([{ kind: 'spec-changed' }]);
  });

  it('is one between two boots apart, which have the same', () => {
    expect(compareTrees(apart('<<"one">>'), apart('<<"other">>'))).toMatchObject([{ kind: 'spec-changed' }]);
    expect(compareTrees(apart('<<"one">>'), apart('<<"one">>'))).toEqual([]);
  });
});

describe('a change is what differs between two boots, and drift what serves has become since', () => {
  const task = given('task', '1', 'temporary');
  const old = booted(of(worker('till'), task));

  it('so that a child which has ended by itself is neither', () => {
    expect(compareSupervision(of(worker('till')), { old, new: old }, ['shop'])).toMatchObject({
      supervision: [],
      drift: [],
    });
  });

  it('nor is one that a boot still has which is younger than the other, in an application that is the same', () => {
    const older = booted(of(worker('till')));
    expect(compareSupervision(of(worker('till')), { old, new: older }, [])).toMatchObject({
      supervision: [],
      drift: [],
    });
    expect(compareSupervision(of(worker('till')), { old, new: older }, ['shop'])).toMatchObject({
      supervision: [{ kind: 'child-removed', child: { id: 'task' } }],
    });
  });

  it('and one that only a boot of the new release has is new, also where it may end by itself', () => {
    const before = booted(of(worker('till')));
    expect(compareSupervision(of(worker('till')), { old: before, new: old }, ['shop'])).toMatchObject({
      supervision: [{ kind: 'child-added', child: { id: 'task' } }],
      drift: [],
    });
  });

  it('and a child that somebody started or ended by hand is drift alone', () => {
    const { supervision, drift } = compareSupervision(of(worker('debug'), task), { old, new: old }, ['shop']);
    expect(supervision).toEqual([]);
    expect(drift.map(({ what }) => what)).toEqual(['shop: child debug is gone', 'shop: child till is new']);
  });

  it('and without a boot of what runs nothing that may have ended is taken for new', () => {
    const failed = { kind: 'failed', why: 'no database' } as const;
    const fresh = booted(of(worker('till'), task, worker('mail')));
    const { supervision } = compareSupervision(of(worker('till')), { old: failed, new: fresh }, ['shop']);
    expect(supervision).toMatchObject([{ kind: 'child-added', child: { id: 'mail' } }]);
  });
});
