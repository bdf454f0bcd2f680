import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { systemClock } from '../../src/system/log.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { conformance, type Kind, kinds } from './conformance.js';

let bench: Workbench;
const images: Partial<Record<Kind, ImageDetails>> = {};
beforeAll(async () => {
  bench = await openWorkbench();
  for (const [kind, { lines }] of Object.entries(kinds)) images[kind as Kind] = await bench.image(kind, ...lines);
});
afterAll(() => bench?.clear());

describe('an engine does what its model does:', () => {
  it.each(Object.entries(conformance))('%s', async (_, check) => {
    await check({
      engine: bench.engine,
      clock: systemClock,
      images: images as Record<Kind, ImageDetails>,
      named: (name) => `${bench.prefix}-${name}`,
      network: (name) => bench.network(name),
    });
  });
});
