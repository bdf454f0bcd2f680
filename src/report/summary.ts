import type { Report } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { number } from './count.js';
import { gantt, mostBars } from './gantt.js';
import { spellInstant } from './instant.js';
import { escaped, link, markdown, verbatim } from './markdown.js';
import { sections } from './sections.js';
import { sign, verdict } from './verdict.js';

/** The job summary: GitHub Markdown that begins with the verdict. */
export function renderSummary(report: Report): string {
  return `${frame(report).join('\n\n')}\n`;
}

/** The job summary of a run that an error has ended: there is no report then, and what came of it nobody knows. */
export function renderBrokenOff(why: string): string {
  return `${sign({ outcome: 'failed' })} **Ended by an error, without a report.**\n\n${verbatim({ lines: why.split('\n') })}\n`;
}

/** The parts of what GitHub shows of a run, from the verdict on. */
export function frame(
  report: Report,
  { links = [], between = [] }: { readonly links?: readonly string[]; readonly between?: readonly string[] } = {},
): readonly string[] {
  return [
    `${sign(report)} **${escaped(verdict(report))}**`,
    ...(report.message === undefined ? [] : [escaped(report.message)]),
    circumstances(report, links),
    ...sections(report)
      .filter(({ detail }) => !detail)
      .map(markdown),
    ...timelineChart(report),
    ...between,
    ...sections(report)
      .filter(({ detail }) => detail)
      .map(markdown),
  ];
}

function circumstances({ environment, durationMs, startedAt, runUrl }: Report, links: readonly string[]): string {
  const run = runUrl === undefined ? [] : [link('run', runUrl)];
  return [escaped(environment), escaped(spellInstant(startedAt)), spell(durationMs), ...run, ...links].join(' · ');
}

/** Nothing where nothing took its time. */
function timelineChart({ timeline }: Report): readonly string[] {
  const chart = gantt(timeline);
  if (chart === undefined) return [];
  const cutOff = timeline.length > mostBars ? [`The first ${mostBars} of ${number(timeline.length)} steps.`] : [];
  return ['### Timeline', verbatim({ lines: chart.split('\n') }, 'mermaid'), ...cutOff];
}
