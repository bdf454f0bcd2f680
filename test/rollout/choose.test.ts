import { expect, it } from 'vitest';
import type { AssessedTarget } from '../../src/analysis/target.js';
import { choose } from '../../src/rollout/decide.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';

/** Of a node that cannot be restarted or asked: no strategy is possible, and the refusal has all reasons. */
const refused = async (strategy: string): Promise<string> => {
  const container = { Id: 'shop@elsewhere', Config: {}, HostConfig: {} };
  const target = { name: 'shop@elsewhere', container, site: { inputs: { strategy } } } as unknown as AssessedTarget;
  const plan = { name: 'shop@elsewhere', reasons: [] } as unknown as TargetPlan;
  return await choose(plan, target).then(() => 'chosen', String);
};

it('a strategy that would be preferred says that another one was asked for, and none says it otherwise', async () => {
  expect(await refused('modules')).toContain('`strategy: modules` was asked for');
  for (const strategy of ['auto', 'relup', 'restart']) {
    const message = await refused(strategy);
    expect(message).toContain('No strategy can deploy to shop@elsewhere');
    expect(message).not.toContain('was asked for');
  }
});
