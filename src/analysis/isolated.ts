import type { Isolated } from '../release/isolation.js';
import type { AnalysisContext } from './context.js';

/** What is booted apart from production gets what the user allows it, and nothing else. */
export function isolated(
  { inputs, signal }: Pick<AnalysisContext, 'inputs' | 'signal'>,
  of: Pick<Isolated, 'container' | 'oldImage' | 'image' | 'nodeName'>,
): Isolated {
  return {
    ...of,
    signal,
    named: inputs.nodeName !== undefined,
    environment: inputs.rehearseEnv,
    ...(inputs.rehearseNetwork !== undefined && { network: inputs.rehearseNetwork }),
  };
}
