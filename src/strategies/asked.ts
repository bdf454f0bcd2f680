import type { Inputs } from '../config/inputs.js';
import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { isOnlyAsked, optionOf, type StrategyName, strategyNames } from '../reasons/strategies.js';

type Asked = Pick<Inputs, 'strategy'>;

/**
 * Whether the input `strategy` lets a strategy be chosen. Those with `onlyAsked` are chosen by their own option alone. A restart is always planned, since
 * the report says what it would be; it is only carried out if the input allows it. Hot strategies are also asked if a restart was
 * asked for: that is one of the reasons that they give.
 */
export function isAllowed({ strategy: asked }: Asked, own: StrategyName): boolean {
  if (asked === optionOf(own) || own === 'recreate') return true;
  if (asked === 'auto') return !isOnlyAsked(own);
  return asked === optionOf('recreate') && strategyNames[own].hot && !isOnlyAsked(own);
}

/** Why one is not taken that `auto` would have preferred. */
export function anotherAsked({ strategy: asked }: Asked, own: StrategyName): readonly Reason[] {
  const message = `\`strategy: ${asked}\` was asked for; \`auto\` takes each way that is possible.`;
  return isOnlyAsked(own) ? [] : [{ ...against('strategy-other', 'strategy', message), blocks: [own] }];
}
