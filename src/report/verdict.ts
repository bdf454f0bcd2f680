import {
  type ContainerReport,
  isHot,
  type Method,
  type Outcome,
  type Report,
  type Uninstalled,
} from '../deployment/report.js';
import { spell } from '../system/duration.js';
import { count, number } from './count.js';
import { statusVerdict } from './status.js';
import { totalDowntime } from './totals.js';

const signs = {
  planned: '📋',
  unchanged: '✅',
  deployed: '✅',
  'rolled-back': '↩️',
  refused: '⛔',
  failed: '❌',
} as const satisfies Readonly<Record<Outcome, string>>;

/** What catches the eye first. A deploy that lost requests worked, and is no deploy that nobody noticed. */
export const sign = ({
  outcome,
  status,
  containers = [],
}: Pick<Report, 'outcome' | 'status'> & Partial<Pick<Report, 'containers'>>) => {
  if (status && outcome === 'planned') return '⚠️';
  return outcome === 'deployed' && containers.some(lostRequests) ? '🟡' : signs[outcome];
};

/** A restart that was not measured may have. */
const lostRequests = ({ downtime, method }: ContainerReport) =>
  downtime === undefined || downtime.requests === 0 ? isRestart(method) : downtime.failed > 0;

/** What happened, in one sentence with its figures. Plain text: versions in it come from outside. */
export function verdict(report: Report): string {
  return report.cancelled ? cancelled(report) : uncut(report);
}

/** What was decided is named by its outcome, not by the failure that would have had the same one. */
function cancelled(report: Report): string {
  switch (report.outcome) {
    case 'refused':
      return `Cancelled: ${untouched(report)}.`;
    case 'rolled-back':
      return `Cancelled: ${report.from ?? 'what ran before'} serves again; ${measured(report.containers)}.`;
    case 'failed':
      return `Cancelled. ${uncut(report)}`;
    case 'deployed':
      return `${uncut(report).replace(/\.$/, '')}; the run was cancelled too late to go back.`;
    case 'planned':
    case 'unchanged':
      return `${uncut(report).replace(/\.$/, '')}; the run was cancelled at its end.`;
  }
}

function uncut(report: Report): string {
  if (report.task === 'script') return scriptVerdict(report);
  if (report.status) return statusVerdict(report);
  if (report.uninstalled) return uninstallVerdict(report.outcome, report.uninstalled);
  if (report.task === 'rollback') return rollbackVerdict(report);
  switch (report.outcome) {
    case 'deployed':
      return `Deployed ${step(report)} ${how(report)}, ${measured(report.containers)}${unasked(report.containers)}.`;
    case 'planned':
      return planned(report);
    case 'unchanged':
      return `${report.to ?? 'This release'} already runs: ${untouched(report)}.`;
    case 'rolled-back':
      return `Rolled back: ${report.to ?? 'the new release'} failed, and ${report.from ?? 'the old release'} serves again; ${measured(report.containers)}.`;
    case 'refused':
      return `Refused to deploy ${step(report)}: ${untouched(report)}.`;
    case 'failed':
      return `Failed to deploy ${step(report)}: manual intervention is required.`;
  }
}

function scriptVerdict(report: Report): string {
  return report.script === undefined
    ? `Refused to write the script: ${untouched(report)}.`
    : `Wrote ${report.script.path}: ${untouched(report)}.`;
}

/** A rollback that succeeds is a deploy of what ran before; what is called rolled back elsewhere is one that failed. */
function rollbackVerdict(report: Report): string {
  const { outcome, from = 'what runs', to = 'what ran before', containers } = report;
  switch (outcome) {
    case 'deployed':
      return `Went back ${step(report)} ${how(report)}, ${measured(containers)}${unasked(containers)}.`;
    case 'planned':
      return planned(report).replace(/^Planned/, 'Planned the way back');
    case 'unchanged':
      return `${to} runs: ${untouched(report)}.`;
    case 'rolled-back':
      return `Did not go back: ${to} failed, and ${from} serves again; ${measured(containers)}.`;
    case 'refused':
      return `Refused to go back ${report.to === undefined ? 'from what runs' : step(report)}: ${untouched(report)}.`;
    case 'failed':
      return `Failed to go back ${step(report)}: manual intervention is required.`;
  }
}

function uninstallVerdict(outcome: Outcome, all: readonly Uninstalled[]): string {
  const those = (state: Uninstalled['state']) => count(all.filter((each) => each.state === state).length, 'thing');
  if (outcome === 'refused') return 'Refused to uninstall: nothing was removed.';
  if (outcome === 'planned') return `Found ${those('found')} of hot-deploy: nothing was removed.`;
  if (outcome === 'failed')
    return `Removed ${those('removed')} of hot-deploy, and could not remove all: look at the rest.`;
  const removed = all.some(({ state }) => state === 'removed');
  return removed ? `Removed ${those('removed')} of hot-deploy.` : 'There is nothing of hot-deploy to remove.';
}

function planned(report: Report): string {
  const refusing = report.reasons.filter(({ blocks }) => blocks.includes('recreate')).map(({ code }) => code);
  if (refusing.length > 0)
    return `Planned ${step(report)}: a deploy would be refused (${[...new Set(refusing)].join(', ')}), and ${untouched(report)}.`;
  if (report.method === 'none') return `Planned ${step(report)}: there is nothing to do.`;
  const way = isHot(report.method) ? 'can be loaded hot' : 'needs a restart';
  return `Planned ${step(report)}: it ${way}, and ${untouched(report)}.`;
}

/** What a run that was cut off had left is recovered before anything is decided, also where nothing comes of that. */
const untouched = ({ recovered = [], releaseCommand }: Report) => {
  if (recovered.length > 0) return 'only an interrupted deploy was recovered; nothing else changed';
  const ran = releaseCommand !== undefined && releaseCommand.outcome !== 'not-started';
  return ran ? 'no container was changed' : 'nothing was touched';
};

function step({ from, to, image }: Report): string {
  const target = to ?? image?.reference ?? 'the new release';
  return from === undefined ? target : `${from} → ${target}`;
}

/** Says `hot` only where it holds for every container. */
function how({ containers, method }: Report): string {
  const hot = containers.filter((each) => isHot(each.method)).length;
  const restarted = containers.filter((each) => isRestart(each.method)).length;
  if (hot > 0 && restarted > 0) return `hot to ${count(hot, 'container')}, by restart to ${number(restarted)}`;
  const way = hot > 0 || (restarted === 0 && isHot(method)) ? 'hot' : 'by restart';
  return containers.length > 1 ? `${way} to ${count(containers.length, 'container')}` : way;
}

function measured(containers: readonly ContainerReport[]): string {
  const downtime = totalDowntime(containers);
  if (downtime === undefined || downtime.requests === 0) return 'downtime not measured';
  const gap = `longest gap ${spell(downtime.longestGapMs)}`;
  if (downtime.failed === 0) return `no request failed, ${gap}`;
  return `${number(downtime.failed)} of ${count(downtime.requests, 'request')} failed, down for ${spell(downtime.ms)}, ${gap}`;
}

/** What is not proved must not look as if it was. */
function unasked(containers: readonly ContainerReport[]): string {
  const silent = containers.filter((each) => each.outcome === 'deployed' && each.unasked !== undefined);
  if (silent.length === 0) return '';
  const which =
    containers.length === 1 ? 'the node' : `${count(silent.length, 'node')} of ${number(containers.length)}`;
  return `; ${which} could not be asked what it runs`;
}

export const isRestart = (method: Method) => !isHot(method) && method !== 'none';
