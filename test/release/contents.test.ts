import { describe, expect, it } from 'vitest';
import { missingEffects, steadyContents } from '../../src/release/contents.js';
import type { Contents, Facts } from '../../src/release/facts.js';
import { keptValues } from '../../src/release/kept-settings.js';

const contents = (...rows: readonly string[]): Contents => ({
  tables: [{ table: 'shop: cache', rows: rows.map((row) => ({ row, key: row.slice(1, row.indexOf(',')) })) }],
  skipped: [],
});

describe('what a start puts into tables', () => {
  const old = contents('{a,1}', '{b,1}');

  it('is missing where the new release starts with other rows and the upgraded node has the old', () => {
    const fresh = contents('{a,2}', '{b,1}', '{c,1}');
    expect(missingEffects(old, fresh, contents('{a,1}', '{b,1}'))).toEqual([
      { table: 'shop: cache', missing: ['a', 'c'], left: ['a'] },
    ]);
    expect(missingEffects(old, fresh, contents('{a,2}', '{b,1}', '{c,1}'))).toEqual([]);
  });

  it('is left where the new release starts without it', () => {
    expect(missingEffects(old, contents('{a,1}'), old)).toEqual([{ table: 'shop: cache', missing: [], left: ['b'] }]);
    expect(missingEffects(old, contents('{a,1}'), contents('{a,1}'))).toEqual([]);
  });

  it('is no question of what only the upgraded node has, which has come by itself', () => {
    expect(missingEffects(old, old, contents('{a,1}', '{b,1}', '{visitor,7}'))).toEqual([]);
    expect(missingEffects(old, old, contents('{a,7}'))).toEqual([]);
  });

  it('is compared without what each boot makes anew', () => {
    const [one, other] = [contents('{a,<<"x">>}', '{b,1}'), contents('{a,<<"y">>}', '{b,1}')];
    const was = steadyContents(one, other);
    const is = steadyContents(contents('{a,<<"z">>}', '{b,2}'), contents('{a,<<"q">>}', '{b,2}'));
    expect(missingEffects(was, is, contents('{a,<<"w">>}', '{b,1}'))).toEqual([
      { table: 'shop: cache', missing: ['b'], left: ['b'] },
    ]);
    expect(missingEffects(was, is, contents('{a,<<"w">>}', '{b,2}'))).toEqual([]);
  });

  it('is paired by its key, so that a change beside noise is seen', () => {
    const boot = (a: string, b: string) => contents(`{a,${a}}`, `{b,${b}}`);
    const was = steadyContents(boot('1', '2'), boot('3', '2'));
    expect(missingEffects(was, steadyContents(boot('5', '7'), boot('6', '7')), boot('9', '2'))).toEqual([
      { table: 'shop: cache', missing: ['b'], left: ['b'] },
    ]);
  });

  it('is data if most of it is another in each boot: that table is not compared, and said to be so', () => {
    const boot = (seed: number) => contents(...Array.from({ length: 600 }, (_, at) => `{${at},${at * 1000 + seed}}`));
    expect(steadyContents(boot(1), boot(2))).toEqual({ tables: [], skipped: ['shop: cache'] });
  });

  it('is not compared in tables that could not be read', () => {
    const unread = { tables: [], skipped: ['shop: cache'] };
    expect(missingEffects(old, contents('{c,1}'), unread)).toEqual([]);
  });
});

describe('a value in a state that a boot would make otherwise', () => {
  const facts = (limit: string, sketch: string): Pick<Facts, 'states' | 'settings'> => ({
    settings: [['shop', 'limit', limit]],
    states: [{ place: 'shop/till', module: 'till', shape: 'number', sketch }],
  });

  it('is a kept setting if a setting changed from the one to the other', () => {
    const [old, fresh] = [facts('10', '#{limit=>10,open=>true}'), facts('20', '#{limit=>20,open=>true}')];
    expect(keptValues(old, fresh, facts('20', '#{limit=>10,open=>true}'))).toEqual([
      { place: 'shop/till', module: 'till', setting: 'shop:limit' },
    ]);
    expect(keptValues(old, fresh, facts('20', '#{limit=>20,open=>true}'))).toEqual([]);
    // It has become something else since: whoever changed it knows why.
    expect(keptValues(old, fresh, facts('20', '#{limit=>17,open=>true}'))).toEqual([]);
  });

  it('and only a remark if none did', () => {
    const [old, fresh] = [facts('10', '{1,a}'), facts('10', '{2,a}')];
    expect(keptValues(old, fresh, facts('10', '{1,a}'))).toEqual([{ place: 'shop/till', module: 'till' }]);
  });

  it('is not looked for where each boot makes it anew, or where several are alike', () => {
    const noisy = "#{limit=>'<random number>'}";
    expect(keptValues(facts('1', noisy), facts('2', noisy), facts('2', '#{limit=>1}'))).toEqual([]);
    const twice = (one: Pick<Facts, 'states' | 'settings'>) => ({ ...one, states: [...one.states, ...one.states] });
    const [old, fresh] = [facts('10', '10'), facts('20', '20')];
    expect(keptValues(twice(old), twice(fresh), twice(facts('20', '10')))).toEqual([]);
  });
});
