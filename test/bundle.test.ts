import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';

test.each(['index.js', 'cli.js'])('dist/%s is small enough to be read before anybody waits for it', async (name) => {
  const { size } = await stat(new URL(`../dist/${name}`, import.meta.url));
  expect(size).toBeLessThan(1_200_000);
});

test('no warning of Node about a library reaches those who deploy', () => {
  const words = ['--pending-deprecation', 'dist/cli.js', 'status', '--containers', 'label:role=none'];
  const environment = { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' };
  const { stdout, stderr } = spawnSync(process.execPath, words, { env: environment, encoding: 'utf8' });
  expect(stdout).toContain('No Docker engine answers at tcp://127.0.0.1:1');
  expect(stderr).toBe('');
});
