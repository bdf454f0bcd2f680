import { randomUUID } from 'node:crypto';
import type { Engine } from '../../src/engines/engine.js';
import type { Entry, EntryDetails, Step } from '../../src/journal/entry.js';
import { type Journal, openJournal } from '../../src/journal/journal.js';
import { journalName, lockName, lockSpec } from '../../src/journal/lock-labels.js';
import { markOf, newRun } from '../../src/journal/run.js';
import { systemClock } from '../../src/system/log.js';

export const details: EntryDetails = {
  ...{ run: 'run-a', task: 'deploy', way: 'recreate', container: 'web', id: 'a'.repeat(64), nonce: 'n'.repeat(32) },
  from: { version: '1', image: 'sha256:1' },
  to: { version: '2', image: 'sha256:2' },
  ...{ fleet: ['web'], environment: 'production', by: 'ada' },
};

export function entry(step: Step, more: Partial<Entry> = {}): Entry {
  return { schema: 1, token: 1, at: '2026-01-02T03:04:05.000Z', step, ...details, ...more };
}

let locks = 0;
/** Once: to find out who one is takes its time. */
const somebody = newRun({}, systemClock);

/** Takes the lock as if whoever has it had died, and opens the journal in it; `writing` may be an engine with faults. */
export async function journalOn(
  engine: Engine,
  image: string,
  { environment = 'production', writing = engine, mark = { run: randomUUID(), nonce: markOf(somebody).nonce } } = {},
): Promise<{ readonly journal: Journal; readonly lock: string; release(): Promise<void> }> {
  locks += 1;
  const aside = journalName(environment, `t${locks}`);
  const dead = await engine.findContainer(lockName(environment));
  if (dead !== undefined) await engine.renameContainer(dead.Id, aside);
  const details = await engine.findImage(image);
  if (details === undefined) throw new Error(`There is no image ${image}.`);
  const spec = lockSpec(environment, { ...somebody, id: mark.run }, new Date().toISOString(), details);
  const lock = await engine.createContainer(lockName(environment), spec);
  let putting = engine;
  const journal = await openJournal(
    { ...engine, putArchive: async (...given) => await putting.putArchive(...given) },
    { environment, lock, mark },
    { date: () => Date.parse('2026-01-02T03:04:05.000Z') },
  );
  putting = writing;
  return {
    journal,
    lock,
    release: async () => await engine.renameContainer(lock, journalName(environment, `r${locks}`)),
  };
}
