import { describe, it } from 'vitest';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';
import { conformance, type Ground, type Kind, kinds } from './conformance.js';

describe('the model of an engine does what a real one does:', () => {
  it.each(Object.entries(conformance))('%s', async (_, check) => {
    const clock = modelClock();
    const model = modelEngine(clock);
    const images = Object.fromEntries(
      Object.entries(kinds).map(([kind, { program, config }]) => [
        kind,
        model.image(`app:${kind}`, { program, ...(config && { config }) }),
      ]),
    ) as Record<Kind, ReturnType<typeof model.image>>;
    const ground: Ground = {
      engine: model.engine,
      clock,
      images,
      named: (name) => `m-${name}`,
      network: async (name) => {
        model.network(`m-${name}`);
        return `m-${name}`;
      },
    };
    await check(ground);
  });
});
