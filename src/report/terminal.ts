import type { Report } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { spellInstant } from './instant.js';
import { timelineTable } from './measurements.js';
import { oneLine } from './plain.js';
import { isEmpty, type List, type Section, type Table, type Verbatim } from './section.js';
import { sections } from './sections.js';
import { verdict } from './verdict.js';

/** The summary for a terminal: the same parts in plain text. */
export function renderTerminal(report: Report): string {
  const parts = [
    oneLine(verdict(report)),
    ...(report.message === undefined ? [] : [oneLine(report.message)]),
    ...[...sections(report), timelineTable(report.timeline)].filter((section) => !isEmpty(section)).map(titled),
    `${oneLine(report.environment)}, ${oneLine(spellInstant(report.startedAt))}, ${spell(report.durationMs)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

const titled = (section: Section) => `${oneLine(section.title)}\n${bodyOf(section).join('\n')}`;

function bodyOf(section: Section): readonly string[] {
  switch (section.kind) {
    case 'table':
      return table(section);
    case 'list':
      return list(section);
    case 'verbatim':
      return verbatim(section);
  }
}

function table({ columns, rows, notes = [] }: Table): readonly string[] {
  const all = [columns.map(({ title }) => title), ...rows].map((cells) => cells.map((text) => oneLine(text).trim()));
  const widths = columns.map((_, index) => Math.max(...all.map((cells) => width(cells[index] ?? ''))));
  const figures = all.map((cells) => {
    const padded = cells.map((text, index) => {
      const gap = ' '.repeat((widths[index] ?? 0) - width(text));
      return columns[index]?.as === 'number' ? gap + text : text + gap;
    });
    return `  ${padded.join('  ')}`.trimEnd();
  });
  return [...figures, ...notes.map((note) => `  ${oneLine(note)}`)];
}

const list = ({ items }: List) => items.map((item) => `  - ${oneLine(item).trim()}`);
const verbatim = ({ lines }: Verbatim) => lines.map((line) => `  ${oneLine(line)}`.trimEnd());

/** In characters as a reader counts them. */
const width = (text: string) => [...text].length;
