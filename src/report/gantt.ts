import type { TimelineEvent } from '../deployment/report.js';
import { spell } from '../system/duration.js';

/** More bars than this make neither a readable picture nor one that Mermaid agrees to draw. */
export const mostBars = 60;
/** Of a section's name, in letters: on a telephone there has to be room for the bars, too. */
const longestName = 24;
/** Of what stands at a bar, in letters: a longer one would be drawn beside the picture. */
const longestLabel = 40;

/** The timeline as a Mermaid gantt chart, with a section for each container; undefined where there is nothing to draw. */
export function gantt(timeline: readonly TimelineEvent[]): string | undefined {
  if (timeline.length === 0) return undefined;
  const shown = timeline.slice(0, mostBars);
  const span = spanOf(shown);
  const sections = new Map<string | undefined, TimelineEvent[]>();
  for (const event of shown) sections.set(event.container, [...(sections.get(event.container) ?? []), event]);
  const names = distinct([...sections.keys()].map((name) => (name === undefined ? 'all' : shortened(label(name)))));
  // Mermaid leaves the same space for every name, and draws the bars over longer ones.
  const leftPadding = 30 + 7 * Math.max(...names.map(({ length }) => length));
  const settings = { gantt: { leftPadding, rightPadding: 25 } };
  return [
    `%%{init: ${JSON.stringify(settings)}}%%`,
    'gantt',
    '  dateFormat x',
    // Seconds since the epoch, since every other unit is shifted by the reader's time zone.
    '  axisFormat %s s',
    `  tickInterval ${tickInterval(span)}`,
    ...[...sections.values()].flatMap((events, at) => [
      `  section ${names[at]}`,
      ...events.map((event) => `  ${task(event, span)}`),
    ]),
  ].join('\n');
}

/** Mermaid makes one section of all that have the same name. */
function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  for (const name of names) {
    let [free, number] = [name, 1];
    while (taken.has(free)) free = `${name} ${++number}`;
    taken.add(free);
  }
  return [...taken];
}

/** The names of a fleet differ at their ends. */
function shortened(name: string): string {
  const letters = [...name];
  if (letters.length <= longestName) return name;
  return `${letters.slice(0, 6).join('')}..${letters.slice(8 - longestName).join('')}`;
}

/** Milliseconds from the first beginning to the last end. */
function spanOf(timeline: readonly TimelineEvent[]): number {
  const end = Math.max(...timeline.map(({ at, ms }) => at + ms));
  return end - Math.min(...timeline.map(({ at }) => at));
}

/** So few that the figures stand beside each other on a telephone's screen, too. */
function tickInterval(span: number): string {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800];
  const step = steps.find((each) => span / 1_000 / each <= 7);
  if (step === undefined) return '1hour';
  return step < 60 ? `${step}second` : `${step / 60}minute`;
}

/**
 * Begins with a number, since a label that begins with a word of Mermaid's own, such as `click`, is taken for it. A bar that
 * is much shorter than the whole would be drawn without a width, which is not at all.
 */
function task({ at, ms, label: what }: TimelineEvent, span: number): string {
  const start = Math.round(at);
  const end = start + Math.round(Math.max(1, ms, span / 100));
  return `${spell(ms)} ${[...label(what)].slice(0, longestLabel).join('')} :${start}, ${end}`;
}

/** Mermaid has no escape that holds everywhere: what isn't a letter, a digit or harmless becomes a space. */
function label(text: string): string {
  const harmless = text
    .toWellFormed()
    .replace(/[^\p{L}\p{N}._+/-]+/gu, ' ')
    .trim();
  return harmless === '' ? 'unnamed' : harmless;
}
