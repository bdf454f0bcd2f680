import type { Report } from '../deployment/report.js';
import type { Reason } from '../reasons/reason.js';
import type { Table } from './section.js';

/** Every reason once, and which containers it holds for where it doesn't hold for the whole run. */
export function reasonTable({ reasons, containers }: Report): Table {
  const found = new Map<string, { reason: Reason; names: string[] }>();
  for (const reason of reasons) found.set(keyOf(reason), { reason, names: [] });
  const general = new Set(found.keys());
  for (const { name, reasons: own } of containers) {
    for (const reason of own.filter((each) => !general.has(keyOf(each)))) {
      const entry = found.get(keyOf(reason)) ?? { reason, names: [] };
      found.set(keyOf(reason), { reason, names: [...entry.names, name] });
    }
  }
  const some = [...found.values()].some(({ names }) => names.length > 0);
  return {
    title: 'Why',
    kind: 'table',
    columns: [
      { title: 'Reason', as: 'code' },
      { title: 'Subject', as: 'code' },
      { title: 'Rules out' },
      { title: 'Explanation and fix' },
      ...(some ? [{ title: 'Containers' }] : []),
    ],
    rows: [...found.values()].map(({ reason: { code, subject, blocks, message }, names }) => [
      code,
      subject,
      blocks.join(', ') || 'nothing',
      message,
      ...(some ? [names.join(', ') || 'all'] : []),
    ]),
  };
}

const keyOf = ({ code, subject, message, blocks }: Reason) => JSON.stringify([code, subject, message, blocks]);
