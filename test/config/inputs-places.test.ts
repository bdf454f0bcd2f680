import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Inputs } from '../../src/config/inputs.js';
import { makePlaces } from '../../src/config/places.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-places-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true }));

const named = (paths: Partial<Pick<Inputs, 'reportPath' | 'bundlePath' | 'scriptPath'>>) => {
  const names = { reportPath: 'report', bundlePath: 'bundle-path', scriptPath: 'script-path' } as const;
  const given = Object.keys(paths).map((key) => names[key as keyof typeof names]);
  const unnamed = new Set(Object.values(names).filter((name) => !given.includes(name)));
  return { reportPath: '', bundlePath: '', scriptPath: '', ...paths, unnamed } as Partial<Inputs> as Inputs;
};

describe('files that the user has named', () => {
  it('get their folders before anything starts', async () => {
    await makePlaces(named({ reportPath: join(folder, 'a/b/report.json'), bundlePath: join(folder, 'bundles') }));
    expect((await stat(join(folder, 'a/b'))).isDirectory()).toBe(true);
    expect((await stat(join(folder, 'bundles'))).isDirectory()).toBe(true);
  });

  it.each([
    ['a folder that cannot be made', '/proc/x/y/report.json', /ENOENT/],
    ['a file where a folder has to be', 'file/below/report.json', /ENOTDIR|EEXIST/],
    ['a folder of that name', '.', /it is a folder/],
  ])('are refused in one sentence: %s', async (_, path, why) => {
    const reportPath = path.startsWith('/') ? path : join(folder, path);
    const error = await makePlaces(named({ reportPath })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'UsageError' });
    expect(String(error)).toMatch(why);
    expect(String(error)).toContain(`\`report\` cannot be written to ${reportPath}: `);
  });

  it('are left alone where nobody named them', async () => {
    await makePlaces(named({}));
  });
});
