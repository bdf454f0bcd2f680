import { tally } from '../deployment/drift.js';
import type { Report } from '../deployment/report.js';
import type { Look } from '../drift/look.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Locked } from '../journal/lock-labels.js';
import { type CurrentRun, empty } from '../rollout/reporting.js';

/** What a look at each container has shown. */
export function statusReport(
  draft: CurrentRun,
  engine: string,
  looks: readonly { readonly container: ContainerDetails; readonly look: Look }[],
  holder: Locked | undefined,
): Report {
  const drifts = looks.map(({ look }) => look.drift);
  const counted = tally(drifts);
  const same = counted.equal === looks.length;
  const outcome = same ? 'unchanged' : counted.unread === looks.length ? 'refused' : 'planned';
  const [from, ...others] = new Set(drifts.flatMap(({ runs }) => runs?.version ?? []));
  const [meant, ...more] = [
    ...new Map(drifts.flatMap(({ meant: one }) => (one ? [[one.id, one] as const] : []))).values(),
  ];
  return {
    ...empty(draft, outcome),
    status: counted,
    ...(holder && { lock: { by: holder.holder.by, since: holder.since } }),
    ...(from !== undefined && others.length === 0 && { from }),
    ...(meant !== undefined && more.length === 0 && { image: meant, ...(meant.version && { to: meant.version }) }),
    containers: looks.map(({ container, look: { drift, message } }) => ({
      ...blank,
      name: nameOf(container),
      id: container.Id,
      engine,
      outcome: outcomes[drift.state],
      ...(drift.runs && { from: drift.runs.version }),
      ...(drift.meant?.version && { to: drift.meant.version }),
      drift,
      ...(message && { message }),
    })),
  };
}

const outcomes = { equal: 'unchanged', differs: 'planned', unclear: 'planned', unread: 'refused' } as const;

const blank = { method: 'none', reasons: [], phases: [], lingering: [], notMigrated: [] } as const;
