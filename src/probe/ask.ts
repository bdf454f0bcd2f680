import type { Engine } from '../engines/engine.js';
import type { Clock } from '../system/log.js';
import type { Ask } from './answer.js';
import { execAsk } from './exec.js';
import { healthAsk } from './health.js';
import { httpAsk } from './http.js';
import type { ResolvedProbe } from './resolve.js';
import { tcpAsk } from './tcp.js';

/** What asking needs: the engine only where the question goes through it. */
export interface Asker {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly engine?: Engine;
}

export function askFor(target: ResolvedProbe, asker: Asker): Ask {
  switch (target.kind) {
    case 'http':
      return httpAsk(target, asker.clock);
    case 'tcp':
      return tcpAsk(target, asker.clock);
    case 'exec':
      return execAsk(target, engineOf(target, asker), asker.timeoutMs);
    case 'docker':
      return healthAsk(target, engineOf(target, asker));
    case 'nowhere':
      return (report) => {
        const timer = setImmediate(() => report({ answered: false, failure: target.why }));
        return () => clearImmediate(timer);
      };
  }
}

function engineOf({ kind }: ResolvedProbe, { engine }: Asker): Engine {
  if (engine === undefined) throw new Error(`a probe of kind ${kind} asks through an engine, and none was given`);
  return engine;
}
