import type { Inputs } from '../config/inputs.js';
import type { ImageChange } from '../release/base.js';
import type { Change } from '../release/compare.js';
import type { TreeDrift } from '../release/drift.js';
import type { ModuleChanges } from '../release/modules.js';
import type { Placement } from '../release/placement.js';
import type { ProcessCheck, ProcessNote } from '../release/processes.js';
import type { ImageRelease, RunningRelease } from '../release/release.js';
import type { SupervisionChange } from '../release/supervision.js';
import type { Scripts } from './script.js';

/** Everything the decision rests on, for one container. Read before; the rules ask nothing themselves. */
export interface Comparison {
  readonly running: RunningRelease;
  readonly next: ImageRelease;
  readonly change: Change;
  readonly image: ImageChange;
  readonly readOnlyRoot: boolean;
  /** Where the new release comes to lie. */
  readonly placement: Placement;
  /** A directory of the new version that lies in the container already, with other content. */
  readonly occupied: readonly string[];
  readonly options: { readonly strategy: Inputs['strategy']; readonly hotUpTo: 'patch' | 'minor' | 'major' };
}

/** What is known only once both releases' code was read and the new one booted. */
export interface CodeComparison extends Comparison {
  readonly modules: readonly ModuleChanges[];
  readonly supervision: readonly SupervisionChange[] | { readonly unknown: string };
  readonly drift: readonly TreeDrift[];
  readonly processes: ProcessCheck;
  readonly appups: readonly HandWritten[];
  /** Absent where it is release_handler. */
  readonly by?: 'modules';
  /** What the upgrade does both ways; absent where systools made nothing of the appups. */
  readonly relup?: Scripts & { readonly restarts: boolean };
}

/** An appup that somebody wrote, and whether it says how to come from what runs to what is new. */
export interface HandWritten {
  readonly application: string;
  readonly from: string;
  readonly to: string;
  /** Where a person finds it: in the repository, or in the image. */
  readonly file: string;
  readonly kind: 'usable' | 'missing' | 'unreadable';
  /** Why it is not usable. */
  readonly why?: string;
}

/** `name (<0.1.0>)`, as a person looks for it on the node. */
export function nameProcess(note: ProcessNote): string {
  return note.name === undefined ? `${note.modules.join(', ')} ${note.pid}`.trim() : `${note.name} ${note.pid}`;
}
