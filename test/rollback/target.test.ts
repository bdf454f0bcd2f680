import { describe, expect, it } from 'vitest';
import type { Version } from '../../src/journal/entry.js';
import { findVersion, type History } from '../../src/rollback/find-version.js';

const one: Version = { version: '1.0.0', image: 'sha256:1', reference: 'app:1', commit: 'abcdef0123456789' };
const two: Version = { version: '2.0.0', image: 'sha256:2', reference: 'app:2' };
const three: Version = { version: '3.0.0', image: 'sha256:3', reference: 'app:3' };
const past = (more: Partial<History> = {}): History => ({
  name: 'web',
  line: [one, two, three],
  lived: [one, two, three],
  kept: [],
  ...more,
});

describe('what a container goes back to', () => {
  it('is what ran before', () => {
    expect(findVersion('previous', past())).toEqual({ kind: 'found', target: two });
  });

  it.each([
    ['a version', '1.0.0'],
    ['an image', 'app:1'],
    ['the id of an image', 'sha256:1'],
    ['a commit', 'abcdef0123456789'],
    ['the beginning of a commit', 'ABCDEF0'],
  ])('may be named by %s', (_, to) => {
    expect(findVersion(to, past())).toEqual({ kind: 'found', target: one });
  });

  it('is the newest of two builds of one version', () => {
    const rebuilt = { ...one, image: 'sha256:1b' };
    expect(findVersion('1.0.0', past({ line: [one, rebuilt, two], lived: [] }))).toEqual({
      kind: 'found',
      target: rebuilt,
    });
  });

  it('may have been left behind by an earlier rollback', () => {
    expect(findVersion('3.0.0', past({ line: [one] }))).toEqual({ kind: 'found', target: three });
  });

  it('is told where it runs already', () => {
    expect(findVersion('3.0.0', past()).kind).toBe('runs');
  });

  it('is what the name of an image means now, and not what it meant when that was deployed', () => {
    const before = { ...one, reference: 'app:live' };
    const runs = { ...two, reference: 'app:live' };
    const moved = past({ line: [before, runs], lived: [before, runs] });
    expect(findVersion('app:live', moved, one.image)).toEqual({ kind: 'found', target: before });
    expect(findVersion('app:live', moved, two.image).kind).toBe('runs');
    // Nothing on record is that image: it is the engine's to say what it is.
    expect(findVersion('app:live', moved, 'sha256:9').kind).toBe('unknown');
    // The engine may have none by that name any more, and still what it stood for.
    expect(findVersion('app:live', moved).kind).toBe('runs');
  });

  it('is the commit, where the beginning of the id of some image reads the same', () => {
    expect(findVersion('abcdef0', past(), 'sha256:abcdef0')).toEqual({ kind: 'found', target: one });
  });

  it('is what was kept, where the container was re-created by hand and has no record', () => {
    expect(findVersion('previous', past({ line: [three], lived: [], kept: [one, two] }))).toEqual({
      kind: 'found',
      target: two,
    });
    expect(findVersion('previous', past({ line: [three], lived: [], kept: [two, three] }))).toEqual({
      kind: 'found',
      target: two,
    });
  });

  it('is unknown where nothing is on record, and says what is', () => {
    // It does not go forward again to what was left behind.
    expect(findVersion('previous', past({ line: [one], kept: [two] })).kind).toBe('unknown');
    expect(findVersion('previous', past({ line: [one], lived: [] }))).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('Nothing is on record of what web ran before 1.0.0'),
    });
    expect(findVersion('9.9.9', past())).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('On record are 1.0.0, 2.0.0, 3.0.0'),
    });
  });

  it.each(['abc', 'deadbeef', 'ABCDEFX'])('is never guessed: %s', (to) => {
    expect(findVersion(to, past()).kind).toBe('unknown');
  });
});
