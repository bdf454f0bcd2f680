import { spell } from './duration.js';
import type { TimelineEvent } from './report.js';

/** More bars than this make neither a readable picture nor one that Mermaid agrees to draw. */
const most = 60;

/** The timeline as a Mermaid gantt chart, with a section for each container; undefined where there is nothing to draw. */
export function gantt(timeline: readonly TimelineEvent[]): string | undefined {
  if (timeline.length === 0) return undefined;
  const sections = new Map<string, TimelineEvent[]>();
  for (const event of timeline.slice(0, most)) {
    const name = event.container === undefined ? 'all' : label(event.container, 30);
    sections.set(name, [...(sections.get(name) ?? []), event]);
  }
  // Mermaid leaves the same space for every name, and draws the bars over longer ones.
  const leftPadding = 30 + 8 * Math.max(...[...sections.keys()].map(({ length }) => length));
  return [
    `%%{init: {"gantt": {"leftPadding": ${leftPadding}}}}%%`,
    'gantt',
    '  dateFormat x',
    // Seconds since the epoch, since every other unit is shifted by the reader's time zone.
    '  axisFormat %s s',
    ...[...sections].flatMap(([name, events]) => [`  section ${name}`, ...events.map((event) => `  ${task(event)}`)]),
  ].join('\n');
}

/** Begins with a number, since a label that begins with a word of Mermaid's own, such as `click`, is taken for it. */
function task({ at, ms, label: what }: TimelineEvent): string {
  const start = Math.round(at);
  return `${spell(ms)} ${label(what)} :${start}, ${start + Math.max(1, Math.round(ms))}`;
}

/** Mermaid has no escape that holds everywhere: what isn't a letter, a digit or harmless becomes a space. */
function label(text: string, longest = 60): string {
  const harmless = text
    .toWellFormed()
    .replace(/[^\p{L}\p{N}._+/-]+/gu, ' ')
    .trim();
  return harmless === '' ? 'unnamed' : [...harmless].slice(0, longest).join('');
}
