import { describe, expect, it } from 'vitest';
import type { Registrations } from '../../src/release/facts.js';
import { leftRegistrations, missingRegistrations } from '../../src/release/registrations.js';

const nothing: Registrations = { names: [], tables: [], terms: [] };
const names = (...all: readonly string[]): Registrations => ({ ...nothing, names: all });
const missing = (...args: Parameters<typeof missingRegistrations>) => missingRegistrations(...args).differing;

describe('what a cold boot registers and a node lacks', () => {
  it('counts where the upgrade was to make it', () => {
    const booted: Registrations = { names: ['shop', 'till'], tables: ['{lines,set}'], terms: ['prices'] };
    const node = { before: names('shop'), now: names('shop') };
    expect(missing(booted, node, { before: names('shop'), after: booted })).toEqual([
      'process till',
      'table {lines,set}',
      'persistent term prices',
    ]);
  });

  it('counts where the upgrade lost it', () => {
    const node = { before: names('shop', 'till'), now: names('shop') };
    expect(missing(names('shop', 'till'), node, undefined)).toEqual(['process till']);
  });

  it('says nothing of the upgrade where the node lacked it before', () => {
    const node = { before: names('shop'), now: names('shop') };
    const both = names('shop', 'till');
    expect(missing(both, node, { before: both, after: both })).toEqual([]);
  });

  it('nor where the rehearsal did not end with it either', () => {
    const node = { before: names('shop'), now: names('shop') };
    expect(missing(names('shop', 'odd'), node, { before: names('shop'), after: names('shop') })).toEqual([]);
  });

  it('nor where only a number in its name is another', () => {
    const node = { before: names('pool_17'), now: names('pool_17') };
    expect(missing(names('pool_42'), node, { before: names('pool_3'), after: names('pool_3') })).toEqual([]);
  });

  it('nor where a hexadecimal part that was made up is another', () => {
    const node = { before: names('pool_a3f9c2'), now: names('pool_a3f9c2') };
    expect(missing(names('pool_77beef'), node, { before: names('pool_0c0ffe'), after: names('pool_77beef') })).toEqual(
      [],
    );
    const words = { before: names('shop'), now: names('shop') };
    expect(
      missing(names('decade', 'facade'), words, { before: names('shop'), after: names('decade', 'facade') }),
    ).toEqual(['process decade', 'process facade']);
  });

  it('nor of what OTP starts whenever somebody first calls it', () => {
    const booted: Registrations = {
      names: ['timer_server', 'dets', 'inet_gethost_native'],
      tables: ['{timer_tab,ordered_set,protected,1}', '{timers,set,protected,1}'],
      terms: [],
    };
    const node = { before: nothing, now: nothing };
    expect(missing(booted, node, { before: nothing, after: booted })).toEqual(['table {timers,set,protected,1}']);
  });

  it('is told with how much was compared', () => {
    const node = { before: names('a', 'b'), now: names('a', 'b') };
    expect(missingRegistrations(names('a', 'b'), node, undefined).expected).toBe(2);
  });
});

it('what the old release made and no cold boot would make is told', () => {
  const node = { before: names('shop', 'fax'), now: names('shop', 'fax', 'timer_server') };
  expect(leftRegistrations(names('shop'), node)).toEqual(['process fax']);
});
