import type { Inputs } from '../config/inputs.js';
import type { CancellationDeadline } from '../deployment/cancellation-deadline.js';
import type { Method, TimelineEvent } from '../deployment/report.js';
import type { Turns } from '../deployment/turns.js';
import type { Engine } from '../engines/engine.js';
import { isNode } from '../engines/names.js';
import type { Journal } from '../journal/journal.js';
import { LockLost } from '../journal/lock-handle.js';
import { askedAt } from '../probe/asked.js';
import type { Measurement } from '../probe/measurement.js';
import { type RunningProbe, startProbe } from '../probe/probe.js';
import type { ProbeTarget } from '../probe/target.js';
import { recorder, type UpdateContext, type UpdateResult } from '../strategies/context.js';
import type { Changing, OpenUpdate, Update } from '../strategies/strategy.js';
import type { Clock, Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { targetOf } from './for-container.js';
import { openTargetJournal, type RunDetails } from './journal.js';

/** What a roll-out works with. */
export interface Fleet {
  readonly engine: Engine;
  readonly log: Log;
  readonly clock: Clock;
  readonly inputs: Inputs;
  readonly image: { readonly reference: string; readonly id: string };
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal;
  /** New ids of containers that were re-created, by their old ones: others may live in their namespaces. */
  readonly replaced: Map<string, string>;
  /** When the run began, on the clock. */
  readonly began: number;
  /** As many containers as may be down at once. */
  readonly down: Turns;
  /** What is written down of the run, for each target. */
  readonly runDetails: RunDetails;
  readonly journal: Journal;
}

/** One container after the switch and the soak, and what may still become of it. */
export interface TargetUpdate {
  readonly plan: Changing;
  readonly ended: UpdateResult;
  readonly method: Method;
  readonly phases: ReturnType<typeof recorder>['phases'];
  readonly timeline: readonly TimelineEvent[];
  readonly measurement?: Measurement;
  /** Why it is not any more what it was brought to, as far as that can be seen; undefined if it is. */
  unlike(): Promise<string | undefined>;
  /** What takes its time before it is made final. */
  drain(): Promise<TargetUpdate>;
  /** Makes it final. */
  commit(): Promise<TargetUpdate>;
  /** Goes back, because the fleet does; `why` is a sentence without its stop. */
  rollback(why: string): Promise<TargetUpdate>;
  /** Only ends the measurement. */
  finish(): Promise<TargetUpdate>;
}

/** One container before its turn. */
export interface OpenTarget {
  readonly plan: Changing;
  /** Whether its turn takes the container down. Known once it is prepared. */
  restarts(): boolean;
  /** Gets ready for its turn; answers how it ended if it will have none. */
  prepare(): Promise<TargetUpdate | undefined>;
  /** Whether another update than the planned one has its turn. */
  isInstead(): boolean;
  /** Gets ready for its next best update, as another of its group has to take that. */
  prepareInstead(): Promise<TargetUpdate | undefined>;
  /** Brings it to the new version, and watches it. */
  update(): Promise<TargetUpdate>;
  /** It was prepared, and will not have its turn. */
  abandon(): Promise<void>;
}

/** As many requests tell how long an answer takes before anything changes; of what is asked seldom the first one is enough. */
const [baselineRequests, seldomMs] = [50, 100];
const baselineMs = 2_000;

export function openTarget(fleet: Fleet, plan: Changing, deadline: CancellationDeadline): OpenTarget {
  const { engine, clock, log, inputs, image, signal, replaced, runDetails } = fleet;
  const record = recorder(plan.name, clock, log, fleet.began);
  const target = targetOf(inputs, plan.container);
  const work: UpdateContext = {
    ...{ engine, log, clock, inputs, image, signal, replaced, deadline },
    phase: record.phase,
    part: record.part,
    down: fleet.down,
    ...(target && { target }),
    ...openTargetJournal(fleet.journal, runDetails, plan, log),
  };
  let chosen = plan.update;
  let prepared = false;

  /** The next best update, if this one came to nothing and the user wants it then. */
  const insteadOf = ({ update, ended }: { readonly update: Update; readonly ended: UpdateResult }) => {
    const { instead } = update;
    const wanted = inputs.onFailure === 'restart' && inputs.strategy === 'auto' && !deadline.cancelled;
    if (instead === undefined || !wanted || ended.outcome === 'deployed' || ended.overtaken) return undefined;
    log.warning(`${plan.name}: on-failure is restart: ${ended.message ?? ''}`);
    return instead;
  };
  const carried = (
    { method }: Pick<Update, 'method'>,
    update: OpenUpdate,
    ended: UpdateResult,
    probe?: RunningProbe,
  ): TargetUpdate => {
    const finish = async (last: UpdateResult): Promise<TargetUpdate> => {
      const measurement = await probe?.stop();
      const told = await unlessLost(engine, plan, last);
      return { ...carried({ method }, update, told, probe), ...(measurement && { measurement }) };
    };
    return {
      plan,
      ended,
      method,
      phases: record.phases,
      timeline: record.timeline,
      finish: () => finish(ended),
      // Of an engine that does not answer nothing newer is known.
      unlike: () => update.unlike(ended).catch(() => undefined),
      drain: async () => {
        const drained = await update.drain(ended).catch((error: unknown) => {
          log.warning(`${plan.name}: who is inside old code could not be asked: ${messageOf(error)}`);
          return ended;
        });
        return carried({ method }, update, drained, probe);
      },
      commit: async () => {
        const settled = await update.commit(ended).catch((error: unknown) => lost(plan, error));
        return finish(await lastWord(update, settled));
      },
      rollback: async (why) => finish(await update.rollback(why).catch((error: unknown) => lost(plan, error))),
    };
  };
  // Whatever was done, what runs now is what counts.
  const lastWord = async (update: OpenUpdate, settled: UpdateResult): Promise<UpdateResult> => {
    if (settled.outcome !== 'deployed') return settled;
    const why = await update.unlike(settled).catch(() => undefined);
    return why === undefined
      ? settled
      : { ...settled, outcome: 'failed', message: `${plan.name} was made final, and ${why}. Check the container.` };
  };
  const went = async (probe: RunningProbe | undefined): Promise<TargetUpdate> => {
    const update = chosen;
    prepared = false;
    const since = clock.now();
    const open = update.open({ ...work, ...(probe && { probe }) }, plan);
    const ended = await open.apply().catch((error: unknown) => lost(plan, error));
    if (!update.hot) {
      const [at, ms] = [Math.round(since - fleet.began), Math.round(clock.now() - since)];
      record.timeline.push({ at, ms, container: plan.name, label: 're-create' });
    }
    return carried(update, open, ended, probe);
  };

  /** How it ended if it is not ready, and no update in its place is wanted and ready. */
  const prepare = async (probe?: RunningProbe): Promise<TargetUpdate | undefined> => {
    const ended = await chosen.prepare?.(work, plan).catch((error: unknown) => lost(plan, error));
    prepared = ended === undefined;
    if (ended === undefined) return undefined;
    const instead = insteadOf({ update: chosen, ended });
    if (instead === undefined) return carried(chosen, chosen.open(work, plan), ended, probe);
    chosen = instead;
    return await prepare(probe);
  };

  const abandon = async (): Promise<void> => {
    if (!prepared) return;
    prepared = false;
    await chosen.abandon?.(work, plan).catch((error: unknown) => {
      log.warning(`${plan.name}: what was prepared could not be taken away: ${messageOf(error)}`);
    });
  };

  return {
    plan,
    restarts: () => !chosen.hot,
    prepare: () => prepare(),
    isInstead: () => chosen !== plan.update,
    prepareInstead: async () => {
      const { instead } = chosen;
      if (instead === undefined) {
        const message = `${plan.name} was not changed: another of its group cannot be updated in the same way.`;
        return carried(chosen, chosen.open(work, plan), { outcome: 'refused', id: plan.container.Id, message });
      }
      await abandon();
      chosen = instead;
      return await prepare();
    },
    update: async () => {
      const probe = startFor(fleet, plan, target);
      const until = clock.now() + baselineMs;
      const enough = probe === undefined ? 0 : probe.intervalMs < seldomMs ? baselineRequests : 1;
      const isBaseline = () => probe !== undefined && probe.samples.length < enough && clock.now() < until;
      while (isBaseline() && !deadline.cancelled) await clock.sleep(50);
      const first = await went(probe);
      // One of a group does not go another way alone: all go back.
      const instead = chosen.group === undefined ? insteadOf({ update: chosen, ended: first.ended }) : undefined;
      if (instead === undefined) return first;
      chosen = instead;
      return (await prepare(probe)) ?? (await went(probe));
    },
    abandon,
  };
}

function startFor(
  { engine, clock, log, inputs }: Fleet,
  plan: Changing,
  target: ProbeTarget | undefined,
): RunningProbe | undefined {
  if (target === undefined) {
    const why = isNode(plan.container.Id) ? 'runs elsewhere' : 'has no HEALTHCHECK and no `probe` was given';
    log.warning(`${plan.name} ${why}: downtime is not measured`);
    return undefined;
  }
  const place = askedAt(target, plan.container, engine.host, log);
  return startProbe(place, { clock, engine, ...(inputs.probeIntervalMs && { intervalMs: inputs.probeIntervalMs }) });
}

/** Of what another run may change by now nothing is said but what was seen last. */
async function unlessLost(engine: Engine, { name }: Changing, last: UpdateResult): Promise<UpdateResult> {
  try {
    await engine.fence?.check();
    return last;
  } catch (error) {
    if (!(error instanceof LockLost)) return last;
    const seen = last.message ?? `${name} was ${last.outcome}.`;
    return { ...last, outcome: 'failed', message: `${name}: ${error.message} What this run saw last: ${seen}` };
  }
}

// Whatever came in between, it is not known what runs: manual intervention is required.
function lost(plan: Changing, error: unknown): UpdateResult {
  const said = messageOf(error);
  return { outcome: 'failed', id: plan.container.Id, message: `${plan.name}: ${said}` };
}
