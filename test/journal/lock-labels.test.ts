import { describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { lockName, lockSpec, readHolder, readLock, writeHolder } from '../../src/journal/lock-labels.js';
import type { Run } from '../../src/journal/run.js';

const since = '2026-01-02T03:04:05.000Z';
const holder = { by: 'me@here', host: 'b', pidns: 'pid:[1]', pid: 7, startTicks: 8 };
const run: Run = { id: '0b0e7c9e-0000-4000-8000-000000000000', nonce: 'n', holder, startedAt: since };
const image = (labels: Record<string, string> | null) =>
  ({ Id: 'sha256:1', Config: { Labels: labels } }) as unknown as ImageDetails;
const labelsOf = (environment: string, of: Record<string, string> | null = null) =>
  lockSpec(environment, run, since, image(of))['Labels'] as Record<string, string>;

describe('the name of a lock', () => {
  it('is the environment where a container may be called so', () => {
    expect(lockName('production')).toBe('hot-deploy-lock-production');
    expect(lockName('eu-1_a.b')).toBe('hot-deploy-lock-eu-1_a.b');
  });

  it.each(['a b', 'a/b', 'grün', '生产', '🚀', '::', 'x'.repeat(10_000)])(
    'is one that a container may have, for %s',
    (environment) => {
      expect(lockName(environment)).toMatch(/^hot-deploy-lock-[a-zA-Z0-9_.-]{1,140}$/);
    },
  );

  it('differs wherever the environments do', () => {
    const environments = ['a b', 'a/b', 'a-b', 'a  b', 'ä', 'ö', 'A B', `${'x'.repeat(200)}1`, `${'x'.repeat(200)}2`];
    expect(new Set(environments.map(lockName)).size).toBe(environments.length);
  });
});

describe('the labels of a lock', () => {
  it.each(['production', 'a b/ü'])('say who holds it on %s, and since when', (environment) => {
    expect(readLock(labelsOf(environment), environment)).toEqual({ run: run.id, holder, since });
  });

  it('say nothing that the image says of its containers', () => {
    const labels = labelsOf('e', { 'com.docker.compose.project': 'shop', 'traefik.enable': 'true' });
    expect(labels).toMatchObject({ 'com.docker.compose.project': '', 'traefik.enable': '' });
    expect(readLock(labels, 'e')).toBeDefined();
  });

  it('of another environment are none of this one', () => {
    expect(readLock(labelsOf('one'), 'other')).toBeUndefined();
  });

  it.each(['hot-deploy.lock', 'hot-deploy.run', 'hot-deploy.holder'])('are none without %s', (label) => {
    expect(readLock({ ...labelsOf('e'), [label]: '' }, 'e')).toBeUndefined();
    const { [label]: _, ...rest } = labelsOf('e');
    expect(readLock(rest, 'e')).toBeUndefined();
  });

  it.each(['', '{', 'null', '7', '[]', '{}', '{"by":7,"since":""}', '{"by":"me"}', '{"by":"","since":"x"}'])(
    'that say %j of the holder say nothing',
    (label) => {
      expect(readHolder(label)).toBeUndefined();
    },
  );

  it('of a holder that knew little of itself are read as far as they go', () => {
    expect(readHolder(writeHolder({ by: 'me' }, since))).toEqual({ holder: { by: 'me' }, since });
    expect(readHolder('{"by":"me","since":"x","pid":-1,"host":1,"startTicks":"7","more":{}}')).toEqual({
      holder: { by: 'me' },
      since: 'x',
    });
  });

  it('are printed on one line, whoever wrote them', () => {
    const told = readHolder(JSON.stringify({ by: 'me\n::error::x\u001b[31m', since: '\u2028now' }));
    expect(told).toEqual({ holder: { by: 'me ::error::x [31m' }, since: ' now' });
  });
});
