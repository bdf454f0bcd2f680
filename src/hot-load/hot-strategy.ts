import type { Engine } from '../engines/engine.js';
import type { Reason } from '../reasons/reason.js';
import type { Change } from '../release/compare.js';
import type { ModuleChanges } from '../release/modules.js';
import type { Placement } from '../release/placement.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { SupervisionChange } from '../release/supervision.js';
import type { Toolbox } from '../release/toolbox.js';
import type { Bundle } from './bundle.js';
import type { CodeComparison, Comparison, HandWritten } from './comparison.js';

/** In what the strategies that load into a running VM differ. */
export interface HotStrategy {
  readonly name: 'relup' | 'modules';
  /** Reasons that need no look at the code. */
  judgeRelease(comparison: Comparison): readonly Reason[];
  /** Reasons that code, tree and processes give. */
  judgeCode(comparison: CodeComparison): readonly Reason[];
  /** Makes what is brought into the container. */
  assemble(engine: Engine, container: string, workshop: Toolbox, material: Material): Promise<Assembly>;
}

/** The hand-written appups, and what became of them and of the generated ones together. */
export type Assembly = { readonly appups: readonly HandWritten[] } & (
  | { readonly kind: 'made'; readonly bundle: Bundle }
  /** A hand-written appup does not say how to come from what runs to what is new. */
  | { readonly kind: 'unusable' }
  /** In systools' own words. */
  | { readonly kind: 'failed'; readonly why: string }
);

/** What an upgrade is made from. */
export interface Material {
  readonly running: RunningRelease;
  readonly next: ImageRelease;
  readonly change: Change;
  readonly placement: Placement;
  readonly modules: readonly ModuleChanges[];
  readonly supervision: readonly SupervisionChange[] | { readonly unknown: string };
  readonly images: { readonly from: string; readonly to: string };
  /** The repository's folder. */
  readonly context: string;
}
