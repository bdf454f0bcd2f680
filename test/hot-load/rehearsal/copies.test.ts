import { describe, expect, it } from 'vitest';
import { judgeCopies, type Migrated } from '../../../src/hot-load/rehearsal/copies.js';
import type { Shape } from '../../../src/release/shape.js';

const map = (members: Record<string, Shape>): Shape => ({ members });
const at = { place: 'shop/flags', module: 'flags' };
const judged = (migrated: Migrated, before: Shape, booted: Shape) =>
  judgeCopies([migrated], { before: [{ ...at, shape: before }], booted: [{ ...at, shape: booted }] });

describe('a copy of a state that serves', () => {
  const old = map({ users: 'list' });

  it('closes the hot way where its code_change does not bring it into the new shape', () => {
    const found = judged({ ...at, was: old, shape: old }, old, map({ users: 'list', topic: 'none' }));
    expect(found).toMatchObject([{ code: 'state-shape-changed', subject: 'flags' }]);
    expect(found[0]?.message).toContain('the state lacks topic');
  });

  it('and where it fails', () => {
    expect(judged({ ...at, failed: 'badmatch' }, old, old)).toHaveLength(1);
  });

  it('does not where its keys are what it was told since it started', () => {
    const told = map({ dark_mode: 'boolean', beta: 'boolean' });
    expect(judged({ ...at, was: told, shape: told }, map({}), map({}))).toEqual([]);
  });
});
