import { bringBuild } from '../release/build-version.js';
import type { Isolated } from '../release/isolation.js';
import type { AnalysisContext } from './context.js';

/** What is booted apart from production gets what the user allows it, and nothing else. */
export function isolated(
  { engine, inputs, signal, image, next, workshop }: AnalysisContext,
  of: Pick<Isolated, 'container' | 'oldImage' | 'image' | 'nodeName'>,
): Isolated {
  const { version, inImage } = next;
  const bring = (container: string) => bringBuild(engine, { workshop, next }, container);
  return {
    ...of,
    ...(inImage !== undefined && of.image.Id === image.Id && { build: { version, bring } }),
    signal,
    named: inputs.nodeName !== undefined,
    environment: inputs.rehearseEnv,
    ...(inputs.rehearseNetwork !== undefined && { network: inputs.rehearseNetwork }),
  };
}
