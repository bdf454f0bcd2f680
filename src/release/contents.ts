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

type Merge = (row: string, its: string) => string | undefined;

function merged(one: Contents, other: Contents, merge: Merge): Contents {
  const tables: Table[] = [];
  const skipped = new Set([...one.skipped, ...other.skipped]);
  for (const { table, rows } of one.tables) {
    const counterpart = other.tables.find((each) => each.table === table);
    const both = counterpart && common(rows, counterpart.rows, merge);
    if (both !== undefined) tables.push({ table, rows: both });
    else if (counterpart !== undefined) skipped.add(table);
  }
  return { tables, skipped: [...skipped] };
}

/** More rows that are others in each boot are data, and to pair them takes too long. */
const mostNoise = 500;

/** Undefined if almost nothing is common. */
function common(these: readonly Row[], those: readonly Row[], merge: Merge): readonly Row[] | undefined {
  const counts = new Map<string, number>();
  for (const { row } of those) counts.set(row, (counts.get(row) ?? 0) + 1);
  const exact = new Set(
    these.filter(({ row }) => {
      const count = counts.get(row) ?? 0;
      counts.set(row, count - 1);
      return count > 0;
    }),
  );
  const left = those.filter(({ row }) => {
    const count = counts.get(row) ?? 0;
    counts.set(row, count - 1);
    return count > 0;
  });
  if (these.length - exact.size > mostNoise || left.length > mostNoise) return undefined;
  const take = (each: Row, wanted: (other: Row) => boolean) => {
    const at = left.findIndex((other) => wanted(other) && merge(each.row, other.row) !== undefined);
    const [other] = at < 0 ? [] : left.splice(at, 1);
    const row = other && merge(each.row, other.row);
    return row === undefined ? undefined : { ...each, row };
  };
  // Those that are about the same first, so that none is taken for another's counterpart.
  const named = new Map(
    these
      .filter((each) => !exact.has(each))
      .map((each) => [each, take(each, ({ key }) => key !== undefined && key === each.key)]),
  );
  return these.flatMap((each) => (exact.has(each) ? each : (named.get(each) ?? take(each, () => true) ?? [])));
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
