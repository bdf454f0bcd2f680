import type { Inputs } from '../config/inputs.js';
import type { CancellationDeadline } from '../deployment/cancellation-deadline.js';
import type { ContainerReport, Method, Outcome, Phase, Proof, TimelineEvent } from '../deployment/report.js';
import type { Turns } from '../deployment/turns.js';
import type { Engine } from '../engines/engine.js';
import type { Claim, Step } from '../journal/entry.js';
import type { RunningProbe } from '../probe/probe.js';
import type { ProbeTarget } from '../probe/target.js';
import type { Clock, Log } from '../system/log.js';

/** What carrying a plan out works with. */
export interface UpdateContext {
  readonly engine: Engine;
  readonly log: Log;
  readonly clock: Clock;
  readonly inputs: Inputs;
  readonly signal: AbortSignal;
  readonly image: { readonly reference: string; readonly id: string };
  readonly replaced: Map<string, string>;
  /** How much time is left once the run is cancelled. */
  readonly deadline: CancellationDeadline;
  /** What the container is asked by; absent where it is asked nothing. */
  readonly target?: ProbeTarget;
  readonly probe?: RunningProbe;
  /** Runs what takes the container down, as soon as few enough others are down. */
  readonly down: Turns;
  /** Runs one step under a name, and writes down how long it took. */
  readonly phase: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Writes down how long a part of a step took. */
  readonly part: (name: string, ms: number) => void;
  /** Writes down in the environment's journal what is about to be done, and fails where that cannot be written. */
  readonly record: (step: Step) => Promise<void>;
  /** By what the containers of this update are known to be its own. */
  readonly claim: Claim;
  /** Whether the journal says of a container that it was put aside for a way back. */
  readonly isKept: (id: string) => boolean;
  /** Whether a nonce is that of an update of this target. */
  readonly isOurs: (labels: Readonly<Record<string, string>>) => boolean;
}

/** How it ended for one container. */
export interface UpdateResult {
  readonly outcome: Extract<Outcome, 'deployed' | 'rolled-back' | 'refused' | 'failed'>;
  readonly id: string;
  /** Where it was another way in the end than the one that was planned. */
  readonly method?: Method;
  /** Somebody else has deployed since the plan was made: nothing of this run may follow. */
  readonly overtaken?: true;
  readonly proof?: Proof;
  /** Why the node could not be asked what it runs. */
  readonly unasked?: string;
  readonly lingering?: ContainerReport['lingering'];
  readonly settings?: ContainerReport['settings'];
  readonly warnings?: readonly string[];
  /** What stays for a way back. */
  readonly earlier?: ContainerReport['earlier'];
  /** Why it did not end as deployed, and what is true now. */
  readonly message?: string;
}

/** Collects the phases of one container, for its row and for the timeline. */
export function recorder(name: string, clock: Clock, log: Log, began: number) {
  const phases: Phase[] = [];
  const timeline: TimelineEvent[] = [];
  const write = (label: string, since: number): void => {
    const ms = clock.now() - since;
    phases.push({ name: label, ms: Math.round(ms * 10) / 10 });
    timeline.push({ at: Math.round(since - began), ms: Math.round(ms), container: name, label });
    log.info(`${name}: ${label}, ${spell(ms)}`);
  };
  return {
    phases,
    timeline,
    part: (label: string, ms: number): void => void phases.push({ name: label, ms: Math.round(ms) }),
    phase: async <T>(label: string, work: () => Promise<T>): Promise<T> => {
      const since = clock.now();
      try {
        return await work();
      } finally {
        write(label, since);
      }
    },
  };
}

function spell(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
