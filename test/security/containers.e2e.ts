import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { roleLabel, runLabel } from '../../src/engines/throw-away.js';
import { lockName } from '../../src/journal/lock-labels.js';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { elsewhere, hotDeploy, type Running, startHotDeploy } from '../support/world/command.js';
import { type Container, eventually, ownEnvironment, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';
import { ownImage, removeOwnImages } from '../support/world/untouched.js';

let [old, next] = ['', ''];
beforeAll(async () => {
  const octochat = async (version: 1 | 2) =>
    await ownImage(await image({ example: 'octochat', version, debian: 'bookworm' }));
  [old, next] = [await octochat(1), await octochat(2)];
});
const strangers: string[] = [];
afterEach(async () => {
  if (strangers.length > 0) await docker('rm', '-f', '-v', ...strangers.splice(0));
  await removeContainers();
});
afterAll(async () => {
  await removeOwnImages();
  await removeImages();
});

/** A container that hot-deploy has not made, under any name and with any label. */
async function stranger(name: string, words: readonly string[] = [], command = ['sleep', 'infinity']): Promise<string> {
  const id = await docker('run', '-d', '--name', name, ...words, old, ...command);
  strangers.push(id);
  return id;
}

const idOf = async ({ inspect }: Container) => (await inspect()).Id;
const stands = async (id: string) =>
  await docker('inspect', '--format', '{{.Name}} {{.State.Status}} {{.State.StartedAt}}', id);
const restart = { strategy: 'restart', soak: '500ms', drain: '500ms' };
const words = ({ name }: Container, soak: string) => [
  ...['deploy', '--containers', name, '--image', next, '--no-build', '--rehearse', 'never', '--strategy', 'restart'],
  ...['--soak', soak, '--drain', '1s', '--lock-timeout', '60s'],
];

/** A deploy by restart that watches its new container for a minute. */
async function watching(web: Container, before: readonly string[] = []): Promise<Running> {
  const original = await idOf(web);
  const run = await startHotDeploy(words(web, '60s'), {}, before);
  await eventually('a new container', async () => {
    const now = await web.inspect().catch(() => undefined);
    return now !== undefined && now.Id !== original && now.State.Status === 'running' ? now : undefined;
  });
  return run;
}

async function killed(web: Container): Promise<void> {
  const run = await watching(web);
  run.kill('SIGKILL');
  await run.ended;
}

describe('what hot-deploy has not made is left alone', () => {
  it.each<readonly [suffix: string, labels: readonly string[]]>([
    ['old-aaaaaaaaaaaa', []],
    ...onlyNightly([
      'previous-aaaaaaaaaaaa',
      ['--label', 'hot-deploy.nonce=0123456789abcdef0123456789abcdef'],
    ] as const),
  ])('under the name NAME.hot-deploy-%s, or with the label of a throw-away container', async (suffix, labels) => {
    const web = await start(old, ['-v', '/data']);
    const ids = [
      await stranger(`${web.name}.hot-deploy-${suffix}`, labels),
      await stranger(`${web.name}-imitation`, ['--label', 'hot-deploy.role=rehearsal']),
    ];
    const all = async () => await Promise.all(ids.map(stands));
    const [before, there] = [await stands(await idOf(web)), await all()];
    expect((await deployTo(web.name, { image: next, 'dry-run': 'true' })).report.outcome).toBe('planned');
    expect(await stands(await idOf(web))).toBe(before);
    const { report, log } = await deployTo(web.name, { image: next, ...restart });
    expect(report.outcome, log).toBe('deployed');
    expect(await all()).toEqual(there);
  });

  it('in the place of a container that a killed run had put aside', async () => {
    const web = await start(old);
    await killed(web);
    await docker('rm', '-f', web.name);
    const byHand = await stranger(web.name, [], []);
    for (const mode of ['plan', ...onlyNightly('plan', 'status')]) {
      const there = await stands(byHand);
      await deployTo(web.name, mode === 'plan' ? { image: next, 'dry-run': 'true' } : { mode });
      expect(await stands(byHand), mode).toBe(there);
    }
    const { report, log } = await deployTo(web.name, { image: next, ...restart });
    expect(['deployed', 'refused'], log).toContain(report.outcome);
    // It is what is deployed to by now: kept as any other that is replaced.
    expect(await stands(byHand)).toMatch(
      report.outcome === 'deployed' ? /^\S+\.hot-deploy-previous-\w+ exited / : /^\S+ running /,
    );
  });

  itNightly('after a killed run whose journal was pruned, and what stands is named', async () => {
    const web = await start(old);
    await killed(web);
    const run = await docker('inspect', '-f', `{{index .Config.Labels "${runLabel}"}}`, lockName(ownEnvironment));
    const throwAways = ['--filter', `label=${roleLabel}`, '--filter', `label=${runLabel}=${run}`];
    strangers.push(...(await docker('ps', '-a', '-q', ...throwAways)).split('\n').filter(Boolean));
    await docker('rm', '-f', lockName(ownEnvironment));
    const before = await docker('ps', '-a', '-q', '--no-trunc', '--filter', `name=${web.name}`);
    const { report, log } = await deployTo(web.name, { image: next, ...restart });
    expect(report.outcome, log).not.toBe('failed');
    const after = await docker('ps', '-a', '-q', '--no-trunc', '--filter', `name=${web.name}`);
    for (const id of before.split('\n')) expect(after, log).toContain(id);
    expect(`${log}\n${JSON.stringify(report)}`).toContain(`${web.name}.hot-deploy-old-`);
  });
});

describe('an image', () => {
  it('with a label of hot-deploy is refused', async () => {
    const web = await start(old);
    const labelled = await ownImage(next, "LABEL hot-deploy.role='rehearsal'");
    const { report } = await deployTo(web.name, { image: labelled });
    expect(report).toMatchObject({ outcome: 'refused', message: expect.stringContaining('hot-deploy.role') });
    expect(await served(web)).toBe('0.1.0');
  });
});

describe('a container that answers as it likes can still be restarted', () => {
  it.each<readonly [kind: string, spoil: string]>([
    ['whose release is a pipe', 'cd /app/releases; rm start_erl.data; mkfifo start_erl.data'],
    ...onlyNightly(
      [
        'whose shell never ends',
        "printf '#!/bin/bash\\nexec yes\\n' >/bin/sh.new; chmod 755 /bin/sh.new; mv /bin/sh.new /bin/sh",
      ] as const,
      ['whose release has no end', 'cd /app/releases; rm start_erl.data; truncate -s 8G start_erl.data'] as const,
    ),
  ])('%s', async (_, spoil) => {
    const web = await start(old);
    await docker('exec', '--user', '0', web.name, 'bash', '-c', spoil);
    const { report, log } = await deployTo(web.name, { image: next, soak: '500ms', drain: '500ms' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(await served(web)).toBe('0.2.0');
  });
});

it('a run that stood still while another took over changes nothing more, and says so', async () => {
  const web = await start(old);
  const first = await watching(web, elsewhere);
  first.kill('SIGSTOP');
  try {
    const second = await hotDeploy(words(web, '1s'));
    expect(second, second.stderr).toMatchObject({ code: 0 });
    const there = await stands(await idOf(web));
    first.kill('SIGCONT');
    const { code, report, stderr } = await first.ended;
    expect({ code, outcome: report?.outcome }, stderr).toEqual({ code: 4, outcome: 'failed' });
    expect(report?.message, stderr).toMatch(/ was (taken over by another run|lost: this run stood still)/);
    expect(await stands(await idOf(web))).toBe(there);
    expect(await served(web)).toBe('0.2.0');
  } finally {
    first.kill('SIGCONT');
    first.kill('SIGKILL');
  }
});
