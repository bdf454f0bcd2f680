import type { Reason } from '../reasons/reason.js';
import type { Registrations } from '../release/facts.js';

/** What came of trying an upgrade out on a throw-away container of what runs. */
export type Rehearsal =
  | (Cost & {
      readonly kind: 'passed';
      /** What others find by name, before the upgrade and after it: what the real node is held against. */
      readonly before: Registrations;
      readonly after: Registrations;
      /** Why a way back by downgrade is closed; absent where it was rehearsed too. */
      readonly noWayDown?: string;
      /** What differs from a cold boot and does no harm. */
      readonly remarks: readonly string[];
    })
  | (Cost & { readonly kind: 'failed'; readonly reasons: readonly Reason[] })
  /** It could not be tried, which says nothing about the upgrade. */
  | (Cost & { readonly kind: 'unrehearsed'; readonly why: string });

export interface Cost {
  readonly ms: number;
  /** Of one cold boot of the new release on the same machine, to compare with; absent where it did not come up. */
  readonly bootMs?: number;
}
