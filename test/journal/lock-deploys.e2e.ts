import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { lockName, lockSpec } from '../../src/journal/lock-labels.js';
import { newRun } from '../../src/journal/run.js';
import { systemClock } from '../../src/system/log.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { type Running, startHotDeploy } from '../support/world/command.js';
import { type Container, eventually, removeContainers, start, unused } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';
import { ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

let [old, next] = ['', ''];
let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
  const octochat = async (version: 1 | 2) =>
    await ownImage(await image({ example: 'octochat', version, debian: 'bookworm' }));
  [old, next] = [await octochat(1), await octochat(2)];
});
afterEach(() => removeContainers());
afterAll(async () => {
  await removeOwnImages();
  await removeImages();
  await bench.clear();
});

// What a shell would split, and a container may not be called.
const environment = `${unused()} a/ü`;
const lock = lockName(environment);
const running: Running[] = [];

/** Starts a deploy of the next version with the published command; options over the usual ones, by their names. */
async function deploy({ name }: Container, options: Readonly<Record<string, string>> = {}): Promise<Running> {
  const given: Readonly<Record<string, string>> = {
    ...{ containers: name, environment, image: next, rehearse: 'never', soak: '1s', drain: '1s' },
    ...options,
  };
  const { build, 'dry-run': dry, ...all } = given;
  const flags = [build === 'true' ? ['--build'] : ['--no-build'], dry === 'true' ? ['--dry-run'] : []].flat();
  const words = Object.entries(all).flatMap(([option, value]) => [`--${option}`, value]);
  // By user and host, wherever these tests run.
  const run = await startHotDeploy(['deploy', ...flags, ...words], { GITHUB_RUN_ID: '' });
  running.push(run);
  return run;
}
/** For as long as it takes to cut it off. */
const rehearsing = { rehearse: 'always', 'rehearse-command': 'sleep 60' };

const isThere = (name: string) =>
  docker('inspect', name).then(
    () => true,
    () => false,
  );

afterEach(async () => {
  for (const run of running.splice(0)) run.kill('SIGKILL');
  expect(await isThere(lock)).toBe(false);
  expect(await throwaways()).toEqual([]);
});

describe('two deploys to one environment', () => {
  it('go one after the other, and the second finds done what it was to do', async () => {
    const web = await start(old);
    const first = await deploy(web, { soak: '4s' });
    await first.says('Provide the image');
    const second = await deploy(web);
    await second.says(`waiting for the lock on ${environment}: `);
    expect(second.said()).toContain(`@${hostname()} has held it since `);
    expect(second.said()).not.toContain('Provide the image');
    expect(await first.ended).toMatchObject({ code: 0, report: { outcome: 'deployed', method: 'relup' } });
    expect(await second.ended).toMatchObject({ code: 0, report: { outcome: 'unchanged' } });
    expect(await served(web)).toBe('0.2.0');
  });

  itNightly('where the first puts a new container in the place of the old one still come to one end', async () => {
    const web = await start(old);
    const { Id: id } = await web.inspect();
    const runs = [await deploy(web, { strategy: 'restart' }), await deploy(web, { strategy: 'restart' })];
    const ended = await Promise.all(runs.map((run) => run.ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(ended.map(({ report }) => report?.outcome).sort()).toEqual(['deployed', 'unchanged']);
    expect((await web.inspect()).Id).not.toBe(id);
  });

  it('are refused the second where it does not wait, while plans and other environments go on', async () => {
    const [web, other] = [await start(old), await start(old)];
    const first = await deploy(web, { soak: '20s' });
    await first.says('switch, ');
    const [refused, elsewhere, plan] = await Promise.all([
      (await deploy(web, { 'lock-timeout': '0' })).ended,
      (await deploy(other, { environment: `${environment} 2` })).ended,
      (await deploy(other, { 'dry-run': 'true' })).ended,
    ]);
    expect(refused).toMatchObject({ code: 1, report: { outcome: 'refused', containers: [] } });
    const words = refused.report?.message ?? '';
    expect(words).toMatch(/^.+@.+ has held the lock on .+ since 20.+: wait until that run has ended/);
    expect(words).toContain(`docker rename ${lock} hot-deploy-journal-`);
    expect(elsewhere).toMatchObject({ code: 0, report: { outcome: 'deployed' } });
    expect(plan).toMatchObject({ code: 0, report: { outcome: 'planned' } });
    for (const { stderr } of [elsewhere, plan]) expect(stderr).not.toContain('waiting for the lock');
    expect((await first.ended).code).toBe(0);
  });
});

describe('the lock', () => {
  it('of a run that was killed is taken over at once, and nothing of that run stays', async () => {
    const web = await start(old);
    const killed = await deploy(web, rehearsing);
    // While it lives, since whoever deploys anything on this engine removes what the dead have left.
    const left = await eventually(
      'a rehearsal',
      async () => {
        const made = await throwaways();
        return made.length > 1 && made.some((name) => name.includes('rehearsal')) ? made : undefined;
      },
      60_000,
    );
    killed.kill('SIGKILL');
    await killed.ended;
    expect(await isThere(lock)).toBe(true);
    const second = await deploy(web);
    await second.says('Provide the image');
    for (const name of left) expect(await isThere(name)).toBe(false);
    const ended = await second.ended;
    expect(ended).toMatchObject({ code: 0, report: { outcome: 'deployed' } });
    expect(ended.stderr).toMatch(/has held the lock on .+ since .+, is gone/);
    expect(ended.stderr).not.toContain('waiting for the lock');
  });

  itNightly.each<[string, Readonly<Record<string, string>>]>([
    ['is refused', { image: 'no:such' }],
    ['fails in its build', { image: 'no:such', build: 'true', context: '/no/such/folder' }],
  ])('does not outlive a deploy that %s', async (_, options) => {
    const ran = await (await deploy(await start(old), options)).ended;
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused' } });
    expect(ran.stderr).toContain('Take the lock');
  });

  it.each(['SIGTERM', ...onlyNightly('SIGINT' as const)] as const)(
    'does not outlive a deploy that is ended by %s',
    async (signal) => {
      const run = await deploy(await start(old), rehearsing);
      await eventually('the lock', async () => (await isThere(lock)) || undefined);
      run.kill(signal);
      expect(await run.ended).toMatchObject({ code: 1, report: { outcome: 'refused' } });
    },
  );

  itNightly('lets who waits for it be cancelled in time', async () => {
    const web = await start(old);
    const first = await deploy(web, { soak: '60s' });
    await first.says('switch, ');
    const second = await deploy(web);
    await second.says('waiting for the lock');
    const since = performance.now();
    second.kill('SIGINT');
    // For the lock it would have to wait until the first has watched its new code.
    expect(await Promise.race([second.ended, first.ended])).toMatchObject({
      code: 1,
      report: { message: /cancelled while it waited for the lock/ },
    });
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(await isThere(lock)).toBe(true);
    first.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 3, report: { outcome: 'rolled-back' } });
  });

  itNightly('that somebody prunes in the middle of a deploy is taken again, and the deploy comes through', async () => {
    const web = await start(old);
    const run = await deploy(web, { soak: '6s' });
    await run.says('switch, ');
    await docker('rm', lock);
    await eventually('the lock again', async () => (await isThere(lock)) || undefined);
    const ran = await run.ended;
    expect(ran).toMatchObject({ code: 0, report: { outcome: 'deployed' } });
    expect(ran.stderr).toContain(`Somebody removed ${lock}`);
  });

  it('that somebody else gets in the middle of a deploy ends it: nothing is changed any more, not even back', async () => {
    const web = await start(old);
    const run = await deploy(web, { soak: '60s' });
    await run.says('switch, ');
    const theirs = { ...newRun({}, systemClock), holder: { by: 'me@elsewhere' } };
    const details = await bench.engine.findImage(old);
    if (details === undefined) throw new Error('the old image is gone');
    // The run takes it again where it looks in between.
    const id = await eventually('their lock', async () => {
      await docker('rm', lock).catch(() => undefined);
      return await bench.engine.createContainer(lock, lockSpec(environment, theirs, theirs.startedAt, details));
    });
    const ran = await run.ended;
    expect(ran).toMatchObject({ code: 4, report: { outcome: 'failed' } });
    expect(ran.report?.message).toContain(
      `The lock on ${environment} was removed while this run held it, and me@elsewhere has it now.`,
    );
    expect(await served(web)).toBe('0.2.0');
    await pause(500);
    expect((await bench.engine.findContainer(lock))?.Id).toBe(id);
    await docker('rm', lock);
  });
});
