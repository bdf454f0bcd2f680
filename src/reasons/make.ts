import type { ReasonCode } from './codes.js';
import type { Reason } from './reason.js';

/** A reason that closes the way of the relup. */
export function against(code: ReasonCode, subject: string, message: string): Reason {
  return { code, subject, message, blocks: ['relup'] };
}

/** A reason that closes every way: nothing is deployed as long as it holds. */
export function againstAll(code: ReasonCode, subject: string, message: string): Reason {
  return { code, subject, message, blocks: ['relup', 'recreate'] };
}

/** Something to know that closes no way. */
export function remark(code: ReasonCode, subject: string, message: string): Reason {
  return { code, subject, message, blocks: [] };
}

/** Names for a sentence: the first few, and how many more. */
export function few(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
