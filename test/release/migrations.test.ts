import { describe, expect, test } from 'vitest';
import { newMigrations } from '../../src/release/migrations.js';

const files = (...paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, 'digest']));
const at = (version: string, ...names: readonly string[]) =>
  files(...names.map((name) => `lib/shop-${version}/priv/repo/migrations/${name}`));
const next = (brought: Readonly<Record<string, string>>) =>
  ({
    applications: [
      { name: 'shop', version: '2' },
      { name: 'audit', version: '1' },
    ],
    files: brought,
  }) as never;
const running = (there: Readonly<Record<string, string>>) =>
  ({ applications: [{ name: 'shop', version: '1' }], files: there }) as never;

describe('new migrations', () => {
  test('are those whose number the old release does not have, in every application and folder of migrations', () => {
    const brought = {
      ...at('2', '1_a.exs', '2_b.exs', '.formatter.exs', 'README.md'),
      ...files('lib/shop-2/priv/repo/tenant_migrations/1_t.exs', 'lib/audit-1/priv/repo/migrations/1_x.exs'),
      ...files('lib/shop-2/priv/migrations/up.sql', 'lib/shop-2/priv/repo/migrations/2026/3_c.exs'),
      ...files('lib/shop-2/priv/static/migrations.js', 'lib/gone-1/priv/repo/migrations/9_y.exs'),
    };
    expect(newMigrations(running(at('1', '1_renamed.exs')), next(brought))).toEqual([
      'lib/audit-1/priv/repo/migrations/1_x.exs',
      'lib/shop-2/priv/migrations/up.sql',
      'lib/shop-2/priv/repo/migrations/2026/3_c.exs',
      'lib/shop-2/priv/repo/migrations/2_b.exs',
      'lib/shop-2/priv/repo/tenant_migrations/1_t.exs',
    ]);
  });

  test('are none where the content of one changed: a migrator runs a number once', () => {
    const old = at('1', '1_a.exs');
    expect(
      newMigrations(running(old), next({ ...at('2'), 'lib/shop-2/priv/repo/migrations/1_a.exs': 'other' })),
    ).toEqual([]);
  });

  test('are not hidden by what a deploy that went back has left', () => {
    const old = { ...at('1', '1_a.exs'), ...at('2', '1_a.exs', '2_b.exs') };
    expect(newMigrations(running(old), next(at('2', '1_a.exs', '2_b.exs')))).toHaveLength(1);
    // Of a node that cannot be asked nobody knows which of them it runs.
    expect(newMigrations({ files: old }, next(at('2', '1_a.exs', '2_b.exs')))).toEqual([]);
  });
});
