import { describe, expect, it } from 'vitest';
import type { Supervised, Tree } from '../../src/release/supervision.js';
import { notBack, placesOf, treeDifferences } from '../../src/release/tree-differences.js';
import { supervisor, worker } from '../support/world/facts.js';

const of = (...children: readonly Supervised[]): Tree => ({ shop: supervisor(children) });
const never = () => false;
const [till, mail] = [worker('till'), worker('mail')];
const stopped = { ...mail, running: false };

describe('a tree and the one that it should be', () => {
  it('are alike where the same runs', () => {
    expect(treeDifferences(of(till, mail), of(till, mail), never)).toEqual([]);
  });

  it('differ by a child that is known and does not run', () => {
    expect(treeDifferences(of(till, stopped), of(till, mail), never)).toEqual(['shop/mail is not running']);
    expect(treeDifferences(of(till, mail), of(till, stopped), never)).toEqual([]);
  });

  it('differ by one that is not known, or that should not be', () => {
    expect(treeDifferences(of(till), of(till, mail), never)).toEqual(['shop: child mail is new']);
    expect(treeDifferences(of(till, mail), of(till), never)).toEqual(['shop: child mail is gone']);
  });

  it('differ by an application that has stopped, and by none that only stopped where nothing has to be compared', () => {
    const both = { ...of(till), post: supervisor([mail]) };
    expect(treeDifferences(of(till), both, never)).toEqual(['post is not running']);
    expect(treeDifferences(both, of(till), never)).toEqual([]);
    expect(treeDifferences({ ...of(till) }, { ...of(till), sasl: supervisor([mail]) }, never)).toEqual([]);
  });

  it('do not differ by what may be over', () => {
    expect(treeDifferences(of(till, stopped), of(till, mail), ({ path }) => path === 'shop/mail')).toEqual([]);
    expect(treeDifferences({}, of(till), ({ path }) => path === 'shop')).toEqual([]);
  });
});

it('a place knows whether its process may end for good', () => {
  const spec = (text: string) => ({ portable: true, text, start: '', closures: [] });
  const tree = of({ ...till, spec: spec('#{id=>till,restart=>transient}') }, { ...mail, spec: spec('#{id=>mail}') });
  expect(placesOf(tree).map(({ path, mayEnd }) => [path, mayEnd])).toEqual([
    ['shop', false],
    ['shop/till', true],
    ['shop/mail', false],
  ]);
});

describe('what has to run once a release is left again', () => {
  const [ran, left] = [of(till, mail), of(till)];

  it('is missing where it does not run, known or not', () => {
    expect(notBack(of(till), ran, left)).toEqual(['shop/mail is not running']);
    expect(notBack(of(till, stopped), ran, left)).toEqual(['shop/mail is not running']);
    expect(notBack(of(till, mail), ran, left)).toEqual([]);
  });

  it('is missing, too, where both releases have it, or where its whole application has stopped', () => {
    expect(notBack(of(mail), ran, of(till, mail))).toEqual(['shop/till is not running']);
    expect(notBack({}, of(till), of(till))).toEqual(['shop is not running', 'shop/till is not running']);
  });

  it('is not what had ended before, nor what ends in every boot of the release that is left', () => {
    expect(notBack(of(till), of(till, stopped), left)).toEqual([]);
    expect(notBack(of(till), ran, of(till, stopped))).toEqual([]);
  });
});
