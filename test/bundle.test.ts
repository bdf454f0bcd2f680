import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test.each(['index.js', 'cli.js'])('dist/%s is small enough to be read before anybody waits for it', async (name) => {
  const { size } = await stat(new URL(`../dist/${name}`, import.meta.url));
  expect(size).toBeLessThan(950_000);
});

test('no warning of Node about a library reaches those who deploy', () => {
  const words = ['--pending-deprecation', 'dist/cli.js', 'status', '--containers', 'label:role=none'];
  const environment = { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' };
  const { stdout, stderr } = spawnSync(process.execPath, words, { env: environment, encoding: 'utf8' });
  expect(stdout).toContain('No Docker engine answers at tcp://127.0.0.1:1');
  expect(stderr).toBe('');
});

test('a run that deployed nothing leaves no file behind that nobody asked for', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-litter-'));
  const cli = new URL('../dist/cli.js', import.meta.url).pathname;
  const left = async (...words: readonly string[]) => {
    const all = [cli, ...words, '--containers', 'web', '--image', 'web:2'];
    const { status } = spawnSync(process.execPath, all, {
      cwd: folder,
      env: { ...process.env, DOCKER_HOST: 'tcp://127.0.0.1:1' },
    });
    return [status, ...(await readdir(folder, { recursive: true })).sort()];
  };
  for (const mode of ['deploy', 'plan', 'script']) expect(await left(mode)).toEqual([1]);
  expect(await left('plan', '--report', 'out/r.json')).toEqual([1, 'out', 'out/r.json']);
  await rm(folder, { recursive: true });
});

test('the package that npm publishes is a command line that stands on its own', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-pack-'));
  const pack = spawnSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    encoding: 'utf8',
  });
  const archive = pack.stdout.trim().split('\n').at(-1) ?? '';
  spawnSync('tar', ['-xzf', join(folder, archive), '-C', folder]);
  const cli = join(folder, 'package', 'dist', 'cli.js');
  const run = (...words: readonly string[]) => spawnSync(cli, words, { cwd: folder, encoding: 'utf8' });
  const version = run('--version');
  const files = await readdir(join(folder, 'package', 'dist'));
  await rm(folder, { recursive: true });
  expect(version).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(files).toEqual(expect.arrayContaining(['agent', 'fallback', 'licenses.txt']));
});
