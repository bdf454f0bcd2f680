import { expect, it } from 'vitest';
import { abandon } from '../../src/hot-load/abandon.js';
import { AgentError } from '../../src/node/agent.js';
import { NodeUnreachable } from '../../src/node/node.js';
import type { UpdateContext } from '../../src/strategies/context.js';

/** What becomes of it where the node answers each time so; it is asked by a clock that goes on at once. */
async function abandoned(answer: () => Promise<unknown>) {
  const [steps, warnings]: [string[], string[]] = [[], []];
  let [now, asked] = [0, 0];
  const work = {
    log: { warning: (line: string) => void warnings.push(line) },
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms;
      },
    },
    phase: async (_: string, step: () => Promise<unknown>) => await step(),
    record: async (step: string) => void steps.push(step),
  } as unknown as UpdateContext;
  const node = {
    ask: async () => {
      asked += 1;
      return await answer();
    },
  };
  const brought = { to: '2', directories: ['releases/2'] };
  const path = { name: 'web', running: { node }, brought } as unknown as Parameters<typeof abandon>[1];
  const error = await abandon(work, path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { steps, warnings, asked, error };
}

it('what was brought is taken away before the journal says that nothing is left to do', async () => {
  expect(await abandoned(async () => ({ removed: 1 }))).toMatchObject({ steps: ['undone'], warnings: [], asked: 1 });
});

it('where no answer comes the journal still says that there is something to take away, for the next run', async () => {
  const { steps, warnings, asked, error } = await abandoned(() => Promise.reject(new NodeUnreachable('silence')));
  expect({ steps, error }).toEqual({ steps: [], error: undefined });
  expect(warnings).toEqual(['web: what was brought for 2 was left, and the next run takes it away: silence']);
  expect(asked).toBeGreaterThan(10);
});

it('what is refused is asked once, and is nothing to be passed over', async () => {
  const running = new AgentError('running', '2');
  expect(await abandoned(() => Promise.reject(running))).toEqual({ steps: [], warnings: [], asked: 1, error: running });
});
