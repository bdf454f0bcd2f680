import { spell } from './duration.js';
import { gantt } from './gantt.js';
import { escaped, link, markdown, verbatim } from './markdown.js';
import type { Report } from './report.js';
import { sections } from './sections.js';
import { sign, verdict } from './verdict.js';

/** The job summary: GitHub Markdown that begins with the verdict. */
export function renderSummary(report: Report): string {
  const parts = [
    `${sign(report)} **${escaped(verdict(report))}**`,
    ...(report.message === undefined ? [] : [escaped(report.message)]),
    circumstances(report),
    ...sections(report)
      .filter(({ detail }) => !detail)
      .map(markdown),
    ...timelineChart(report),
    ...sections(report)
      .filter(({ detail }) => detail)
      .map(markdown),
  ];
  return `${parts.join('\n\n')}\n`;
}

function circumstances({ environment, durationMs, startedAt, runUrl }: Report): string {
  const words = `${escaped(environment)} · ${escaped(startedAt)} · ${spell(durationMs)}`;
  return runUrl === undefined ? words : `${words} · ${link('run', runUrl)}`;
}

/** Nothing where nothing took its time. */
export function timelineChart(report: Report): readonly string[] {
  const chart = gantt(report.timeline);
  return chart === undefined ? [] : [`### Timeline\n\n${verbatim({ lines: chart.split('\n') }, 'mermaid')}`];
}
