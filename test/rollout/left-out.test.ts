import { expect, it } from 'vitest';
import { withLeftOutRemarks } from '../../src/rollout/left-out.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';

const plan = (
  name: string,
  connected: readonly string[],
  beside: readonly string[] = [],
  update: object = { hot: true },
) => ({ name, reasons: [], cluster: { node: `shop@${name}`, connected, beside }, update }) as unknown as TargetPlan;
const told = (...plans: readonly TargetPlan[]) =>
  withLeftOutRemarks(plans).map(({ reasons }) => reasons.map(({ message, blocks }) => [message, blocks]));

it('a node that is connected and not deployed to is a remark', () => {
  const message =
    'The node of a is connected to shop@c, which this deploy does not include. To include all nodes of the cluster, set `nodes: cluster`.';
  expect(told(plan('a', ['shop@b', 'shop@c']), plan('b', ['shop@a']))).toEqual([[[message, []]], []]);
});

it('so is one in the same container, which a restart includes', () => {
  const message = 'a also runs jobs@a, which this deploy does not include.';
  expect(told(plan('a', [], ['jobs@a']))).toEqual([[[message, []]]]);
  expect(told(plan('a', [], ['jobs@a'], { hot: false }))).toEqual([[]]);
  expect(told(plan('a', ['jobs@a'], ['jobs@a']))[0]).toHaveLength(1);
});

it('nothing is said where all are included, nothing changes, or a node cannot be asked', () => {
  const { cluster: _, ...unasked } = plan('c', []);
  expect(told(plan('a', ['shop@b']), plan('b', ['shop@a']))).toEqual([[], []]);
  expect(told({ ...plan('a', ['shop@b']), update: undefined } as unknown as TargetPlan, unasked)).toEqual([[], []]);
});
