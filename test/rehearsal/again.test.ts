import { describe, expect, it } from 'vitest';
import { startedAgain } from '../../src/rehearsal/again.js';
import type { Supervised } from '../../src/release/supervision.js';
import { supervisor, worker } from '../support/world/facts.js';

const temporary = (id: string): Supervised => {
  const { spec, ...rest } = worker(id);
  return { ...rest, ...(spec && { spec: { ...spec, text: spec.text.replace('}', ',restart=>temporary}') } }) };
};
const shop = (...children: readonly Supervised[]) => ({ shop: supervisor(children) });

describe('a temporary child that a cold boot has and the node has not', () => {
  it('has done its work where what runs starts it too, and must not be started again', () => {
    const both = shop(worker('till'), temporary('warm_up'));
    const reasons = startedAgain(shop(worker('till')), { old: both, new: both });
    expect(reasons).toMatchObject([
      { code: 'rehearsal-failed', subject: 'shop/warm_up', blocks: ['relup', 'modules'] },
    ]);
  });

  it('is new where what runs never had it, and is started', () => {
    const now = shop(worker('till'));
    expect(startedAgain(now, { old: now, new: shop(worker('till'), temporary('warm_up')) })).toEqual([]);
  });
});

it('any other child that the node lacks is the tree of another kind, and told elsewhere', () => {
  const both = shop(worker('till'), worker('mail'));
  expect(startedAgain(shop(worker('till')), { old: both, new: both })).toEqual([]);
});
