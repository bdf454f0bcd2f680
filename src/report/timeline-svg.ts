import type { TimelineEvent } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { mostBars } from './gantt.js';
import { escaped } from './markdown.js';

/** Units of the picture: it is as wide as the page. */
const [width, left, right, row, heading, axis] = [860, 16, 16, 22, 26, 30];
const within = width - left - right;
/** What a letter of a label takes at most. */
const letter = 6.6;
const longestLabel = 60;

/** The timeline as a picture that a browser draws without anything from outside; undefined where nothing took its time. */
export function timelineSvg(timeline: readonly TimelineEvent[]): string | undefined {
  if (timeline.length === 0) return undefined;
  const shown = timeline.slice(0, mostBars);
  const first = Math.min(...shown.map(({ at }) => at));
  const span = Math.max(1, ...shown.map(({ at, ms }) => at + ms - first));
  const x = (at: number) => left + ((at - first) / span) * within;
  const sections = new Map<string, TimelineEvent[]>();
  for (const event of shown) {
    const name = event.container ?? 'all';
    sections.set(name, [...(sections.get(name) ?? []), event]);
  }
  let y = 0;
  const parts: string[] = [];
  for (const [name, events] of sections) {
    parts.push(`<text class="section" x="${left}" y="${y + 18}">${text(name)}</text>`);
    y += heading;
    for (const event of events) {
      parts.push(bar(event, x(event.at), x(event.at + event.ms), y));
      y += row;
    }
  }
  const height = y + axis;
  return `<svg class="timeline" role="img" aria-label="Timeline" viewBox="0 0 ${width} ${height}">\n${grid(span, y)}\n${parts.join('\n')}\n</svg>`;
}

/** Its label stands in it if it fits, else behind it, else before it. */
function bar({ ms, label }: TimelineEvent, from: number, to: number, y: number): string {
  const said = `${spell(ms)} ${label}`;
  const room = letter * Math.min([...said].length, longestLabel) + 8;
  const length = Math.max(2, to - from);
  const isBehind = from + length + room <= width - right;
  const [at, anchor] =
    length >= room ? [from + 4, 'start'] : isBehind ? [from + length + 4, 'start'] : [from - 4, 'end'];
  const name = length >= room ? 'inside' : 'beside';
  return `<rect x="${fixed(from)}" y="${y + 2}" width="${fixed(length)}" height="${row - 4}" rx="2"/><text class="${name}" x="${fixed(at)}" y="${y + 15}" text-anchor="${anchor}">${text(said)}</text>`;
}

function grid(span: number, bottom: number): string {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000];
  const step = steps.find((each) => span / each <= 8) ?? 3_600_000;
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
  return ticks
    .map((tick) => {
      const x = fixed(left + (tick / span) * within);
      const isLast = (tick / span) * within > within - 30;
      const anchor = tick === 0 ? 'start' : isLast ? 'end' : 'middle';
      return `<line x1="${x}" x2="${x}" y1="0" y2="${bottom + 4}"/><text class="tick" x="${x}" y="${bottom + 20}" text-anchor="${anchor}">${text(spell(tick))}</text>`;
    })
    .join('\n');
}

const fixed = (value: number) => value.toFixed(1);

function text(value: string): string {
  const letters = [...value];
  return escaped(letters.length > longestLabel ? `${letters.slice(0, longestLabel - 1).join('')}…` : value);
}
