import { EngineError } from '../../../src/engines/call.js';
import type { Engine } from '../../../src/engines/engine.js';
import type { Clock } from '../../../src/system/log.js';

/** No two after one another are alike, or those that work at the same time would go in step. */
const latencies = [2, 29, 5, 11, 3, 53, 17, 7];

/** An engine whose every answer takes its time, so that something else may happen between any two. */
export function unhurried(engine: Engine, clock: Clock): Engine {
  let calls = 0;
  const wrapped = Object.entries(engine).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    const late = async (...words: unknown[]) => {
      calls += 1;
      await clock.sleep(latencies[calls % latencies.length] ?? 0);
      return await value.apply(engine, words);
    };
    return [name, late] as const;
  });
  return Object.fromEntries(wrapped) as unknown as Engine;
}

/** What may happen to a run at one of its calls. */
export const faults = [
  'the call is lost',
  'the answer is lost',
  'killed before the call',
  'killed after the call',
  /** The engine carries out what it was asked, and nobody is there any more. */
  'killed amid the call',
] as const;
export type Fault = (typeof faults)[number];

export const isKill = (fault: Fault): boolean => fault.startsWith('killed');

/** The engine and the clock of one run, which is struck at its nth call. */
export interface Struck {
  readonly engine: Engine;
  readonly clock: Clock;
  /** The calls that it made, in their order. */
  readonly calls: readonly string[];
  /** Whether it came to the call. */
  reached(): boolean;
}

const changing: ReadonlySet<string> = new Set<keyof Engine>([
  ...(['createContainer', 'startContainer', 'stopContainer', 'renameContainer', 'removeContainer'] as const),
  ...(['updateRestartPolicy', 'connectNetwork', 'disconnectNetwork', 'putArchive', 'tagImage', 'untagImage'] as const),
]);

export const isChanging = (call: string): boolean => changing.has(call);

class Killed extends Error {}

/** One for all, since to make an error takes long. */
const killed = new Killed('killed');

/**
 * Of a run that was killed no call has any effect any more, and for the world no time passes with what it still does: all that
 * is left of it is what it has done.
 */
export function strike(engine: Engine, clock: Clock, nth: number, fault: Fault): Struck {
  const calls: string[] = [];
  let killedAt: number | undefined;
  let ownMs = 0;
  const kill = (): never => {
    killedAt ??= clock.now();
    throw killed;
  };
  const lost = (name: string): never => {
    throw new EngineError(`The engine did not answer: ${fault}: ${name}.`, { cause: undefined });
  };
  const made = async (name: string, call: () => Promise<unknown>): Promise<unknown> => {
    if (killedAt !== undefined) throw killed;
    calls.push(name);
    if (calls.length !== nth) {
      const answer = await call();
      if (killedAt !== undefined) throw killed;
      return answer;
    }
    switch (fault) {
      case 'the call is lost':
        return lost(name);
      case 'the answer is lost':
        await call().catch(() => undefined);
        return lost(name);
      case 'killed before the call':
        return kill();
      case 'killed after the call':
        await call().catch(() => undefined);
        return kill();
      case 'killed amid the call':
        call().catch(() => undefined);
        return kill();
    }
  };
  const wrapped = Object.entries(engine).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    return [name, (...words: unknown[]) => made(name, () => value.apply(engine, words))] as const;
  });
  return {
    engine: Object.fromEntries(wrapped) as unknown as Engine,
    clock: {
      now: () => (killedAt ?? clock.now()) + ownMs,
      date: () => clock.date() + ownMs,
      sleep: async (ms, signal) => {
        if (killedAt === undefined) return await clock.sleep(ms, signal);
        ownMs += ms;
        await new Promise((settled) => setImmediate(settled));
      },
    },
    calls,
    reached: () => calls.length >= nth,
  };
}
