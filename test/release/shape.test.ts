import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference, type Shape } from '../../src/release/shape.js';

const map = (members: Record<string, Shape>): Shape => ({ members });
const struct = (name: string, members: Record<string, Shape>): Shape => ({ struct: name, members });
const tuple = (...elements: readonly Shape[]): Shape => ({ elements });

const anyShape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('none', 'atom', 'boolean', 'number', 'binary', 'pid', 'list', 'map', 'tuple'),
    fc.array(tie('shape'), { maxLength: 4 }).map((elements) => ({ elements })),
    fc
      .dictionary(fc.string({ minLength: 1, maxLength: 3 }), tie('shape'), { maxKeys: 3 })
      .map((members) => ({ members })),
  ),
})).shape;

describe('a state has another shape', () => {
  it.each<[string, Shape, Shape, string]>([
    [
      'where a map lacks a key that a cold boot has',
      map({ count: 'number' }),
      map({ count: 'number', since: 'none' }),
      'the state lacks since',
    ],
    ['where it still has one', map({ a: 'number', b: 'number' }), map({ a: 'number' }), 'the state still has b'],
    [
      'where a struct gained and lost fields',
      struct('Elixir.Room', { users: 'list' }),
      struct('Elixir.Room', { members: 'list' }),
      'the state lacks members and still has users',
    ],
    [
      'where it is a struct of another module',
      struct('Elixir.Room', {}),
      struct('Elixir.Hall', {}),
      'the state is a Room struct, and after a cold boot a Hall struct',
    ],
    [
      'where a record has more fields',
      tuple('atom', 'number'),
      tuple('atom', 'number', 'none'),
      'the state is a tuple of 2',
    ],
    ['where a number became a map', map({ count: 'number' }), map({ count: map({}) }), 'count in it is a number'],
    [
      'however deep that is',
      tuple('atom', map({ conn: map({ host: 'binary' }) })),
      tuple('atom', map({ conn: map({ host: 'binary', port: 'number' }) })),
      'conn in element 2 of the state lacks port',
    ],
    ['where an empty map is all there is', map({}), map({ rooms: 'map' }), 'the state lacks rooms'],
  ])('%s', (_, found, wanted, words) => {
    expect(difference(found, wanted)).toContain(words);
  });
});

describe('a state has the same shape', () => {
  it.each<[string, Shape, Shape]>([
    ['where nothing is there yet', map({ timer: 'none' }), map({ timer: 'reference' })],
    ['where one variant is an atom and another a tuple', map({ phase: 'atom' }), map({ phase: tuple('atom', 'pid') })],
    ['where one is true and the other says how', map({ tls: 'boolean' }), map({ tls: 'atom' })],
    ['where a store below the top is still empty', map({ users: map({}) }), map({ users: map({ ann: 'number' }) })],
  ])('%s', (_, one, other) => {
    expect(difference(one, other)).toBeUndefined();
    expect(difference(other, one)).toBeUndefined();
  });

  it('as itself, whatever it is', () => {
    fc.assert(
      fc.property(anyShape, (shape) => {
        expect(difference(shape, structuredClone(shape))).toBeUndefined();
      }),
    );
  });

  it('or another, in either direction', () => {
    fc.assert(
      fc.property(anyShape, anyShape, (one, other) => {
        expect(difference(one, other) === undefined).toBe(difference(other, one) === undefined);
      }),
    );
  });
});
