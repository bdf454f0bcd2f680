import type { Inputs } from '../config/inputs.js';
import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { isOnlyAsked, optionOf, type StrategyName, strategyNames } from '../reasons/strategies.js';

type Asked = Pick<Inputs, 'strategy'>;

/**
 * Whether a strategy may be chosen by what the input `strategy` says: `auto` means each that is not taken only where it is asked for. A restart is planned whatever was asked for, since what it
 * would be belongs to the report; it is not carried out then. Those that load hot say themselves, among all that closes them,
 * that a restart was asked for.
 */
export function isAllowed({ strategy: asked }: Asked, own: StrategyName): boolean {
  if (asked === optionOf(own) || own === 'recreate') return true;
  if (asked === 'auto') return !isOnlyAsked(own);
  return asked === optionOf('recreate') && strategyNames[own].hot;
}

/** Why one is not taken that `auto` would have preferred. */
export function anotherAsked({ strategy: asked }: Asked, own: StrategyName): readonly Reason[] {
  const message = `\`strategy: ${asked}\` was asked for; \`auto\` takes each way that is possible.`;
  return isOnlyAsked(own) ? [] : [{ ...against('strategy-other', 'strategy', message), blocks: [own] }];
}
