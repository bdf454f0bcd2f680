import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { onlyNightly } from '../support/tier.js';
import { startHotDeploy } from '../support/world/command.js';
import { type Container, eventually, healthy, removeContainers, start } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';
import { expectUntouched, ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const octochat = async (version: 1 | 2) =>
  await ownImage(await image({ example: 'octochat', version, debian: 'bookworm' }));

afterEach(() => removeContainers());
afterAll(async () => {
  await removeOwnImages();
  await removeImages();
});

/** Starts a deploy and stops it with a signal as soon as `when` says so. */
async function cancelled(
  { name }: Container,
  signal: NodeJS.Signals,
  words: readonly string[],
  when: (said: string) => Promise<boolean> | boolean,
) {
  const run = await startHotDeploy(['deploy', '--containers', name, ...words]);
  await eventually(`the moment to stop ${name}`, async () => ((await when(run.said())) ? true : undefined));
  const since = performance.now();
  run.kill(signal);
  const ran = await run.ended;
  return { ...ran, tookMs: performance.now() - since };
}

// What the runner waits between the first signal and the kill.
const patienceMs = 10_000;

describe('a run that is told to stop before anything has changed', () => {
  it.each([
    ['SIGTERM', 'cold-boot'],
    ...onlyNightly(['SIGINT', 'workshop'] as const, ['SIGTERM', 'base'] as const, ['SIGINT', 'rehearsal'] as const),
  ] as const)('by %s while it has a %s, ends in time, and takes away what it had made', async (signal, role) => {
    const [web, next] = [await start(await octochat(1)), await octochat(2)];
    const ran = await expectUntouched([web], () =>
      cancelled(web, signal, ['--image', next, '--no-build'], async () =>
        (await throwaways()).some((name) => name.includes(role)),
      ),
    );
    expect(ran).toMatchObject({
      code: 1,
      report: { outcome: 'refused', cancelled: true, message: /cancelled before anything had changed/ },
    });
    expect(ran.tookMs).toBeLessThan(patienceMs);
  });

  it('while its image is built ends in time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-cancelled-'));
    await writeFile(join(folder, 'Dockerfile'), `FROM debian:bookworm-slim\nRUN echo ${folder}; sleep 30\n`);
    const web = await start(await octochat(1));
    const ran = await expectUntouched([web], () =>
      cancelled(web, 'SIGINT', ['--image', 'hot-deploy-test:none', '--build', '--context', folder], (said) =>
        said.includes('sleep 30'),
      ),
    );
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused', cancelled: true } });
    expect(ran.tookMs).toBeLessThan(patienceMs);
    await rm(folder, { recursive: true });
  });
});

describe('a roll-out that is told to stop', () => {
  it('in the middle of a restart is over in time, with one of the two serving', async () => {
    const [web, next] = [await start(await octochat(1)), await octochat(2)];
    const { Id } = await web.inspect();
    const ran = await cancelled(web, 'SIGTERM', ['--image', next, '--no-build', '--strategy', 'restart'], async () => {
      const names = await docker('ps', '-a', '--filter', 'status=exited', '--format', '{{.Names}}');
      return names.split('\n').some((name) => name.startsWith(web.name));
    });
    // The signal comes before or after the new container was started: one of the two is finished, and in time.
    expect(ran.tookMs).toBeLessThan(7_500);
    await healthy(web);
    if (ran.report?.outcome === 'deployed') {
      expect(ran.code).toBe(0);
      expect(await served(web)).toBe('0.2.0');
    } else {
      expect(ran).toMatchObject({
        code: 3,
        report: { outcome: 'rolled-back', method: 'recreate', message: expect.stringContaining('cancelled') },
      });
      expect((await web.inspect()).Id).toBe(Id);
      expect(await served(web)).toBe('0.1.0');
    }
    expect(await throwaways()).toEqual([]);
  });

  it('while new code is watched goes back to the old, and nobody is disconnected', async () => {
    const [web, next] = [await start(await octochat(1)), await octochat(2)];
    const { State } = await web.inspect();
    const ran = await cancelled(web, 'SIGINT', ['--image', next, '--no-build', '--soak', '60s'], (said) =>
      said.includes('switch, '),
    );
    expect(ran).toMatchObject({ code: 3, report: { outcome: 'rolled-back', method: 'relup', cancelled: true } });
    expect(ran.stdout).toMatch(/^Cancelled: 0\.1\.0 serves again;/);
    expect(ran.tookMs).toBeLessThan(patienceMs);
    expect((await web.inspect()).State.StartedAt).toBe(State.StartedAt);
    expect(await served(web)).toBe('0.1.0');
    expect(await throwaways()).toEqual([]);
  });
});
