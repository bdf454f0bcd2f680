import type { Contents, Row, Table } from './facts.js';
import { agreed, fits, hasNoise } from './printed.js';

/** What two boots of one release agree on; a row that only one of them has is left out. */
export function steadyContents(one: Contents, other: Contents): Contents {
  return merged(one, other, agreed);
}

/** The contents of another boot of the same release, without what is noise in these. */
export function contentsWithoutNoiseOf(contents: Contents, known: Contents): Contents {
  return merged(contents, known, (row, its) => (fits(row, its) ? its : undefined));
}

function merged(one: Contents, other: Contents, merge: (row: string, its: string) => string | undefined): Contents {
  const tables = one.tables.flatMap(({ table, rows }) => {
    const counterpart = other.tables.find((each) => each.table === table);
    return counterpart === undefined ? [] : [{ table, rows: common(rows, counterpart.rows, merge) }];
  });
  return { tables, skipped: [...new Set([...one.skipped, ...other.skipped])] };
}

function common(
  these: readonly Row[],
  those: readonly Row[],
  merge: (row: string, its: string) => string | undefined,
): readonly Row[] {
  const left = new Map<string, number>();
  for (const { row } of those) left.set(row, (left.get(row) ?? 0) + 1);
  const take = (row: string) => {
    const count = left.get(row) ?? 0;
    if (count <= 1) left.delete(row);
    else left.set(row, count - 1);
    return count > 0;
  };
  const exact = new Set(these.filter(({ row }) => take(row)));
  return these.flatMap((each) => {
    if (exact.has(each)) return [each];
    for (const row of left.keys()) {
      const both = merge(each.row, row);
      if (both !== undefined && take(row)) return [{ ...each, row: both }];
    }
    return [];
  });
}

/** What start-up does beside starting processes, and an upgrade did not do. */
export interface StartEffect {
  readonly table: string;
  /** Keys of rows that a boot makes and the upgrade did not, and of those that it left. */
  readonly missing: readonly string[];
  readonly left: readonly string[];
}

/**
 * The rows in which a boot of the new release differs from one of the old, and the upgraded node is still as the old. Pure.
 * What only the upgraded node has, or has otherwise, came by itself.
 */
export function missingEffects(old: Contents, fresh: Contents, upgraded: Contents): readonly StartEffect[] {
  const names = [...new Set([...fresh.tables, ...old.tables].map(({ table }) => table))];
  const skipped = new Set([...old.skipped, ...fresh.skipped, ...upgraded.skipped]);
  return names.flatMap((table) => {
    const [was, is, now] = [old, fresh, upgraded].map((contents) => rowsOf(contents.tables, table));
    if (was === undefined || is === undefined || now === undefined || skipped.has(table)) return [];
    const missing = is.not(was).filter((row) => !now.has(row));
    const left = was.not(is).filter((row) => now.has(row));
    return missing.length + left.length === 0 ? [] : [{ table, missing: missing.map(keyOf), left: left.map(keyOf) }];
  });
}

const keyOf = ({ key }: Row) => key ?? 'a long key';

function rowsOf(tables: readonly Table[], table: string) {
  const rows = tables.find((each) => each.table === table)?.rows ?? [];
  const exact = new Set(rows.map(({ row }) => row));
  const noisy = rows.filter(({ row }) => hasNoise(row));
  const has = ({ row }: Row) =>
    exact.has(row) ||
    noisy.some((each) => fits(row, each.row)) ||
    (hasNoise(row) && rows.some((each) => fits(each.row, row)));
  return { has, not: (other: { readonly has: (row: Row) => boolean }) => rows.filter((row) => !other.has(row)) };
}
