import type { ReasonCode } from './codes.js';
import type { StrategyName } from './strategies.js';

/** What a reason may rule out: `recreate` is every way by restart, and with it the whole deploy. */
export type Blocked = StrategyName;

/** Why a way of deploying is closed, or what to know about the one taken. */
export interface Reason {
  readonly code: ReasonCode;
  /** An application, a module, a file or a setting. */
  readonly subject: string;
  /** One sentence that says what is so and what to do about it. */
  readonly message: string;
  /** The methods this rules out; empty for a remark. */
  readonly blocks: readonly Blocked[];
}
