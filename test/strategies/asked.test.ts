import { expect, it } from 'vitest';
import type { Inputs } from '../../src/config/inputs.js';
import { isHotWay, isOnlyAsked, type StrategyName, strategyNames, type Way } from '../../src/reasons/strategies.js';
import { anotherAsked, isAllowed } from '../../src/strategies/asked.js';

const names = Object.keys(strategyNames) as readonly StrategyName[];
const allowed = (strategy: string) => names.filter((name) => isAllowed({ strategy } as Pick<Inputs, 'strategy'>, name));

it('a strategy may be chosen where none is asked for, or it is', () => {
  expect(allowed('auto')).toEqual(names.filter((name) => !isOnlyAsked(name)));
  for (const name of names.filter((each) => each !== 'recreate'))
    expect(allowed(strategyNames[name].option)).toEqual([name, 'recreate']);
});

it('where a restart is asked for, those that load hot are, so that they say all that closes them', () => {
  expect(allowed('restart')).toEqual(names.filter((name) => strategyNames[name].hot || name === 'recreate'));
});

it('each way of the journal that a hot strategy has is hot, and no other', () => {
  const hot = names.flatMap((name) =>
    Object.keys(strategyNames[name].ways).map((way) => [way, strategyNames[name].hot]),
  );
  for (const [way, isHot] of hot) expect(isHotWay(way as Way)).toBe(isHot);
  expect(isHotWay(undefined)).toBe(false);
});

it('one that is taken only where it is asked for is none of auto, and says nothing where another is', () => {
  const row = strategyNames.modules as { onlyAsked?: true };
  const other = { strategy: 'relup' } as Pick<Inputs, 'strategy'>;
  expect(anotherAsked(other, 'modules')).toMatchObject([{ code: 'strategy-other', blocks: ['modules'] }]);
  row.onlyAsked = true;
  try {
    expect(allowed('auto')).toEqual(['relup', 'recreate']);
    expect(allowed('restart')).toEqual(['relup', 'recreate']);
    expect(allowed('modules')).toEqual(['modules', 'recreate']);
    expect(anotherAsked(other, 'modules')).toEqual([]);
  } finally {
    delete row.onlyAsked;
  }
});
