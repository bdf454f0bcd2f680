import {
  fromLabel,
  holderLabel,
  lockLabel,
  nonceLabel,
  referenceLabel,
  replacesLabel,
  runLabel,
} from '../engines/throw-away.js';
import { heartbeatMs, lockTtlMs, longestStepMs } from '../journal/heartbeat.js';
import { mostBytes } from '../journal/journal.js';
import { strategyNames, ways } from '../reasons/strategies.js';
import { removedWithinMs } from '../strategies/recreate/removal.js';

const seconds = (ms: number) => String(ms / 1_000);

/** What hot-deploy and its script have to agree on. */
export function sharedConstants(): string {
  const labels = { fromLabel, holderLabel, lockLabel, nonceLabel, referenceLabel, replacesLabel, runLabel };
  const named = Object.entries(labels).map(([name, label]) => `${name.replace('Label', '_label')}=${label}`);
  return `# --- what hot-deploy itself goes by, too ---

${[named.slice(0, 4), named.slice(4)].map((some) => some.join(' ')).join('\n')}
# Seconds between heartbeats, without one until a lock is free, between looks at it, and one look counts for at most.
heartbeat_every=${seconds(heartbeatMs)} silent_for=${lockTtlMs / 1_000} look_every=${seconds(longestStepMs)} look_counts=${longestStepMs / 1_000}
# Seconds in which the engine removes what ended with --rm; bytes of a journal; its ways; those of a restart.
removed_within=${removedWithinMs / 1_000} journal_bytes=${mostBytes} ways='${Object.keys(ways).join('|')}'
restart_ways='${Object.keys(strategyNames.recreate.ways).join('|')}'
`;
}
