import type { Running } from '../world/command.js';
import { docker } from '../world/images.js';
import { type Call, keyOf } from './call.js';
import type { OwnEngine } from './own-engine.js';
import type { EngineProxy, Fault } from './proxy.js';

/** What may happen to a run. */
export type Kind =
  | 'SIGKILL'
  | 'cancel'
  | 'container killed'
  | 'answer lost'
  | 'network cut'
  | 'disk full'
  | 'engine restarted';

/** One thing that happens at one call of a run. */
export interface Blow {
  readonly kind: Kind;
  readonly when: Fault['when'];
  /** As the call was called in a run that went well. */
  readonly at: string;
}

export const spell = ({ kind, when, at }: Blow): string => `${kind} ${when} ${at}`;

const cutMs = 2_000;
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
const untilTermMs = 7_500;
const untilKillMs = 10_000;

/** `run` is asked for when it strikes: the proxy is armed before the run begins. `own` is the engine that may be harmed. */
export function faultOf(blow: Blow, run: () => Running, own: OwnEngine | undefined): Fault {
  const meant = (call: Call) => keyOf(call) === blow.at;
  const fault = (strike: Fault['strike']): Fault => ({ meant, when: blow.when, strike });
  switch (blow.kind) {
    case 'SIGKILL':
      return fault(async (_, proxy) => {
        run().kill('SIGKILL');
        await run().ended;
        proxy.cut();
      });
    case 'cancel':
      return fault(() => cancel(run()));
    case 'container killed':
      return fault(killTarget);
    case 'answer lost':
      return { ...fault(() => undefined), loses: 'answer' };
    case 'network cut':
      return fault((_, proxy) => proxy.cut(cutMs));
    case 'disk full':
      return fault(() => mine(own).fill());
    case 'engine restarted':
      return fault(async (_, proxy) => {
        await mine(own).restart();
        proxy.cut();
      });
  }
}

function mine(own: OwnEngine | undefined): OwnEngine {
  if (own === undefined) throw new Error('everybody uses this engine: it may be neither filled nor restarted');
  return own;
}

/** As the runner does it: it asks, asks again, and then does not ask. */
function cancel(run: Running): void {
  run.kill('SIGINT');
  const timers = [
    setTimeout(() => run.kill('SIGTERM'), untilTermMs),
    setTimeout(() => run.kill('SIGKILL'), untilKillMs),
  ];
  void run.ended.then(() => timers.forEach(clearTimeout));
}

async function killTarget({ target }: Call, _: EngineProxy): Promise<void> {
  if (target === undefined) throw new Error('the call is about no container');
  await docker('kill', target).catch((error: unknown) => {
    // It stands already, or has never run.
    if (!/is not running/.test(String(error))) throw error;
  });
}
