import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';

test.each(['index.js', 'cli.js'])('dist/%s is small enough to be read before anybody waits for it', async (name) => {
  const { size } = await stat(new URL(`../dist/${name}`, import.meta.url));
  expect(size).toBeLessThan(1_200_000);
});
