import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurn } from '../../src/system/in-turn.js';

describe('work in turn', () => {
  const plays = fc.record({
    ends: fc.array(fc.record({ fails: fc.boolean(), after: fc.integer({ min: 1, max: 5 }) }), { maxLength: 12 }),
    atOnce: fc.integer({ min: 1, max: 5 }),
  });

  it('runs so many at once, answers in order, and begins nothing after a failure', async () => {
    await fc.assert(
      fc.asyncProperty(plays, async ({ ends, atOnce }) => {
        let [running, most] = [0, 0];
        const begun: number[] = [];
        const failed: number[] = [];
        const work = async ({ fails, after }: (typeof ends)[number]) => {
          const at = begun.length;
          begun.push(at);
          expect(failed).toEqual([]);
          running += 1;
          most = Math.max(most, running);
          for (let step = 0; step < after; step += 1) await Promise.resolve();
          running -= 1;
          if (!fails) return at;
          failed.push(at);
          throw new Error(`failed: ${at}`);
        };
        const asked = inTurn(ends, work, atOnce);
        if (ends.some(({ fails }) => fails)) {
          await expect(asked).rejects.toThrow(/^failed: /);
          await expect(asked).rejects.toThrow(`failed: ${Math.min(...failed)}`);
        } else {
          expect(await asked).toEqual(ends.map((_, at) => at));
          expect(most).toBe(Math.min(atOnce, ends.length));
        }
        expect(running).toBe(0);
      }),
    );
  });
});
