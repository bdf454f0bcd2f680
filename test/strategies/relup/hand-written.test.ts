import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { placeHandWritten } from '../../../src/strategies/relup/hand-written.js';

// Nothing is placed here, so nobody is asked.
const workshop = undefined as never;
const change = (name: string, from: string) => ({
  name,
  from,
  to: '1.1.0',
  fromDirectory: '',
  toDirectory: `/app/lib/${name}-1.1.0`,
  appup: false,
});
let context: string;

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'hot-deploy-appups-'));
  await mkdir(join(context, 'rel/appups/shop'), { recursive: true });
  for (const way of ['1.0.1_to_1.1.0', '1.0.0_to_1.1.0', '1.0.9_to_1.0.10']) {
    await writeFile(join(context, `rel/appups/shop/${way}.appup`), '');
  }
});
afterAll(() => rm(context, { recursive: true }));

it('an application for which nobody wrote anything is left to be generated', async () => {
  expect(await placeHandWritten(workshop, context, [change('cart', '1.0.0')])).toEqual([]);
  expect(await placeHandWritten(workshop, join(context, 'nowhere'), [change('shop', '0.9.0')])).toEqual([]);
});

it('an application whose author wrote how to come here from elsewhere is not', async () => {
  expect(await placeHandWritten(workshop, context, [change('shop', '0.9.0')])).toEqual([
    {
      application: 'shop',
      from: '0.9.0',
      to: '1.1.0',
      file: 'rel/appups/shop',
      kind: 'missing',
      why: 'it says only how to come from 1.0.0, 1.0.1',
    },
  ]);
});

it('a version that would lead out of the repository finds nothing', async () => {
  expect(await placeHandWritten(workshop, context, [change('shop/../shop', '1.0.0')])).toMatchObject([]);
});
