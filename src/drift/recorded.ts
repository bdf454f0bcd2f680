import type { Difference, Moment } from '../deployment/drift.js';
import { type Entry, type EntryDetails, steps, type Version } from '../journal/entry.js';
import { belongs, ended, unfinished } from '../journal/history.js';
import { ways } from '../reasons/strategies.js';

/** What the journal says of a container; pure. */
export function recorded(
  entries: readonly Entry[],
  container: Parameters<typeof belongs>[0],
): {
  readonly history: readonly Moment[];
  readonly differences: readonly Difference[];
} {
  const last = unfinished(entries)?.last;
  const open = last !== undefined && belongs(container, last) ? last : undefined;
  return {
    history: ended(entries).map((entry) => ({ at: entry.at, what: became(entry) })),
    differences:
      open === undefined ? [] : [{ kind: 'run', subject: step(open), message: cutOff(open), since: { at: open.at } }],
  };
}

function became(entry: Entry): string {
  const { step: last, task, way, by } = entry;
  if (last === 'done') {
    return `${task === 'deploy' ? 'deployed' : 'rolled back'} ${step(entry)} ${ways[way]}, by ${by}`;
  }
  return `a ${task} ${step(entry)} was taken back, by ${by}`;
}

function cutOff({ task, by, step: last }: Entry): string {
  return `is a ${task} by ${by} that is under way or was cut off; its last step on record: ${steps[last]}`;
}

function step({ from, to }: EntryDetails): string {
  return `${name(from)} → ${name(to)}`;
}

function name({ version, image }: Version): string {
  return version ?? image.replace(/^sha256:/, '').slice(0, 12);
}
