import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainOctochat, type Version } from '../support/faults/images.js';
import { type Step, sequence, spellStep } from '../support/faults/model.js';
import { play } from '../support/faults/play.js';
import { chance } from '../support/faults/seed.js';
import { openStage, type Stage } from '../support/faults/stage.js';
import { seed, times } from '../support/faults/thorough.js';
import { removeImages } from '../support/world/images.js';

const count = times({ smoke: 1, some: 6, all: 200 }, 'HOT_DEPLOY_SEQUENCES');
const atATime = 2;
/** A sequence is made shorter as long as it still fails, so often at most. */
const shrinks = 12;

let images: Record<Version, string>;
beforeAll(async () => {
  images = { 1: await plainOctochat(1), 2: await plainOctochat(2), 3: await plainOctochat(3) };
});
afterAll(() => removeImages());

it(
  `after every step of ${count} random sequences, what runs, what a restart boots and what the tag names are what they should be`,
  async () => {
    const failures: string[] = [];
    let steps = 0;
    let next = seed;
    const work = async () => {
      const stage = await openStage((version) => images[version]);
      try {
        while (next < seed + count) {
          const own = next++;
          const played = sequence(chance(own));
          steps += played.length;
          const { broken } = await play(stage, played);
          const verdict = broken.length === 0 ? 'as it should be' : `FAILED: ${broken.join('; ')}`;
          process.stdout.write(`sequence ${own}: ${played.length} steps, ${verdict}\n`);
          if (broken.length > 0) failures.push(await shrunk(stage, own, played));
        }
      } finally {
        await stage.close();
      }
    };
    await Promise.all(Array.from({ length: atATime }, work));
    process.stdout.write(`${count} sequences from seed ${seed}, ${steps} steps, ${failures.length} failed\n`);
    expect(failures.join('\n\n')).toBe('');
  },
  4 * 3_600_000,
);

/** The shortest that still fails, and the words to have it again. */
async function shrunk(stage: Stage, own: number, whole: readonly Step[]): Promise<string> {
  let steps = whole;
  let last = await play(stage, steps);
  const again = last.broken.length > 0;
  for (let tries = 0, at = 0; again && tries < shrinks && at < steps.length; tries++) {
    const without = steps.toSpliced(at, 1);
    const played = await play(stage, without);
    if (played.broken.length > 0) [steps, last] = [without, played];
    else at++;
  }
  const title = `HOT_DEPLOY_FAULTS_SEED=${own} HOT_DEPLOY_SEQUENCES=1: ${whole.map(spellStep).join('; ')}`;
  if (!again) return `${title}\n  failed once, and not when it was tried again`;
  return `${title}\n  shortest: ${steps.map(spellStep).join('; ')}\n  ${last.broken.join('\n  ')}\n${last.story}`;
}
