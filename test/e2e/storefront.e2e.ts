import { createHmac } from 'node:crypto';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type Container, connect, eventually, removeContainers, start } from '../support/world/container.js';
import { type Deployed, deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';

afterEach(() => removeContainers());
afterAll(() => removeImages());

const secret = 'a long random text';
const environment = ['-e', `SECRET_KEY_BASE=${secret}`];
const token = createHmac('sha256', secret).update('form').digest('hex').toUpperCase();
const version = (number: number) => image({ example: 'storefront', version: number, args: [`VERSION=0.${number}.0`] });

/** When the temporary child of runtime_tools has ended. */
const settledMs = 11_000;

interface Response {
  readonly status: number;
  readonly body: string;
}

async function get(container: Container, path: string): Promise<Response> {
  const response = await fetch(`http://127.0.0.1:${await container.port(4000)}${path}`);
  return { status: response.status, body: await response.text() };
}

/** The start page and the stylesheet that it links. */
async function shop(container: Container): Promise<{ readonly page: string; readonly css: Response }> {
  const { body } = await get(container, '/');
  const [, stylesheet = 'none'] = /href="([^"]+)"/.exec(body) ?? [];
  return { page: body, css: await get(container, stylesheet) };
}

/** What a client can tell of a version: who listens to what is in `/about`. */
async function answers(container: Container): Promise<readonly unknown[]> {
  return [await shop(container), await get(container, '/about'), await get(container, '/none')];
}

const hot = (container: Container, options: Readonly<Record<string, string>>): Promise<Deployed> =>
  deployTo(container.name, { rehearse: 'auto', probe: 'http://{container}:4000/health', ...options });

/** That a deploy went hot, lost nothing, and that a cold boot would be no different. */
function expectHot({ report, log }: Deployed, from: string, to: string): void {
  expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', from, to, reasons: [] });
  const [row] = report.containers;
  expect(row?.proof, log).toMatchObject({ converged: true, vm: { sameProcess: true } });
  expect(row?.downtime, log).toMatchObject({ failed: 0, ms: 0 });
  expect(row?.notMigrated ?? [], log).toEqual([]);
}

async function expectEqual(container: Container, meant: string): Promise<void> {
  const { report } = await deployTo(container.name, { mode: 'status', image: meant });
  expect(report.containers[0]?.drift).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
}

it('an application of the shape of a Phoenix application goes hot from version to version and back, and is as a cold boot is', async () => {
  const [one, two, three] = await Promise.all([version(1), version(2), version(3)]);
  const web = await start(one, environment);
  const began = Date.now();
  const page = await connect(await web.port(4000));
  expect(await page.ask('GET /page HTTP/1.1\r\n\r')).toContain('101');
  expect(await page.ask('add')).toBe('In your basket: 1');
  const first = await shop(web);
  expect(first.page).toContain(token);
  expect(first.css.status).toBe(200);
  await eventually('the end of what ends by itself', async () => Date.now() - began > settledMs || undefined);
  await expectEqual(web, one);

  expectHot(await hot(web, { image: two }), '0.1.0', '0.2.0');
  const second = await shop(web);
  expect(second.page).toContain('new storefront');
  expect(second.page).toContain(token);
  expect(second.css).toMatchObject({ status: 200, body: expect.stringContaining('background') });
  expect((await get(web, '/about')).body).toContain('[Storefront.Counter, Storefront.Recent]');
  expect(await get(web, '/visits')).toEqual({ status: 200, body: '2' });
  expect(await page.ask('add')).toBe('In your basket: 2');

  expectHot(await hot(web, { image: three }), '0.2.0', '0.3.0');
  expect(await page.ask('add')).toBe('In your basket: 3, 15 euros');
  await eventually('bytes that are counted', async () =>
    (await get(web, '/metrics')).body.includes('bytes') ? true : undefined,
  );
  await expectEqual(web, three);
  expect(await answers(web)).toEqual(await answers(await start(three, environment)));

  // Over both ways at once.
  expectHot(await hot(web, { mode: 'rollback', to: '0.1.0' }), '0.3.0', '0.1.0');
  expect(await page.ask('add')).toBe('In your basket: 4');
  expect((await get(web, '/about')).body).toContain('["requests"], [Storefront.Counter]}');
  expect(await get(web, '/visits')).toEqual({ status: 200, body: '3' });
  expect((await shop(web)).css).toEqual(first.css);
  await expectEqual(web, one);
}, 600_000);
