import type { ComparedWith, Report } from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { number } from './count.js';
import { spellInstant } from './instant.js';
import type { List } from './section.js';
import { isRestart } from './verdict.js';

/** On what a plan rests, and what it lets one expect. */
export function foretold(report: Report): List {
  const { comparedWith, environment } = report;
  return {
    title: 'The plan',
    kind: 'list',
    items: [...(comparedWith ? [compared(comparedWith, environment)] : []), ...expected(report)],
  };
}

function compared({ what, image, commit = '', at }: ComparedWith, environment: string): string {
  const named = image === commit.slice(0, 12) ? image : `${commit.slice(0, 12)}, ${image}`;
  switch (what) {
    case 'image':
      return `compared with the image ${image}; no container was asked`;
    case 'last-deployment':
      return `compared with the last deployment to ${environment}${at === undefined ? '' : ` of ${spellInstant(at)}`} (${named}); no container was asked`;
    case 'base-branch':
      return `compared with what it is to be merged into (${named}); no container was asked`;
  }
}

function expected({ expected: told, method }: Report): readonly string[] {
  if (told === undefined) return [];
  const { deploys, medianMs, mostMs } = told;
  const way = isRestart(method) ? 'by restart' : 'hot';
  const earlier = deploys === 1 ? `the last deploy ${way}` : `the last ${number(deploys)} deploys ${way}`;
  if (mostMs === 0) return [`expected downtime: none, since ${earlier} had none`];
  return [`expected downtime: ${spell(medianMs)}, at most ${spell(mostMs)}, as ${earlier} measured`];
}
