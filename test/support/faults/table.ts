import { type Kind, spell } from './blow.js';
import type { Trial } from './trial.js';

const all: readonly (Kind | 'SIGKILL twice')[] = [
  'SIGKILL',
  'SIGKILL twice',
  'cancel',
  'container killed',
  'answer lost',
  'network cut',
  'disk full',
  'engine restarted',
];

const columnOf = ({ blows }: Trial): string => (blows.length > 1 ? 'SIGKILL twice' : (blows[0]?.kind ?? ''));

/** Way by fault: `survived/tried`, and how long services that were down stayed so once the next run began. */
export function table(trials: readonly Trial[]): string {
  const ways = [...new Set(trials.map(({ way }) => way))];
  const columns = all.filter((column) => trials.some((trial) => columnOf(trial) === column));
  const rows = ways.map((way) => {
    const own = trials.filter((trial) => trial.way === way);
    return [way, ...columns.map((column) => cell(own.filter((trial) => columnOf(trial) === column))), back(own)];
  });
  return aligned([
    ['way', ...columns, 'back after'],
    ...rows,
    ['all', ...columns.map((column) => cell(trials.filter((trial) => columnOf(trial) === column))), back(trials)],
  ]);
}

function cell(trials: readonly Trial[]): string {
  if (trials.length === 0) return '-';
  return `${trials.filter(({ broken }) => broken.length === 0).length}/${trials.length}`;
}

/** Seconds: the median, and the longest. */
function back(trials: readonly Trial[]): string {
  const times = trials.flatMap(({ backMs }) => (backMs === undefined ? [] : [backMs])).toSorted((a, b) => a - b);
  if (times.length === 0) return '-';
  const seconds = (ms = 0) => (ms / 1000).toFixed(1);
  return `${seconds(times[times.length >> 1])} s, at most ${seconds(times.at(-1))} s (${times.length})`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What happened, and what was found. */
export function describeTrial({ way, blows, next, broken, story }: Trial): string {
  return `${way}: ${blows.map(spell).join(', then ')}; then ${next}\n  ${broken.join('\n  ')}\n${story}`;
}
