import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, startHotDeploy } from '../support/world/command.js';
import { type Container, eventually, published, removeContainers, start, unused } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { expectUntouched, ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const network = unused('hd-net');
const volume = unused('hd-data');
const secret = 'ecto://shop:hunter2hunter2@db/shop';
const migration = 'apps/octochat/priv/repo/migrations/20260101000000_create_messages.exs';
/** Under load a deploy takes its time until it has read both releases. */
const patienceMs = 240_000;

let v1: string;
let v2: string;
let fleet: readonly Container[];

beforeAll(async () => {
  // The volume takes over whom the folder belongs to.
  const data = ['USER root', 'RUN install -d -o octochat /data', 'USER octochat'];
  await docker('network', 'create', network);
  [v1, v2] = await Promise.all([
    image({ example: 'octochat', version: 1, debian: 'bookworm' }).then((tag) => ownImage(tag, ...data)),
    image({
      ...{ example: 'octochat', version: 2, debian: 'bookworm' },
      files: { [migration]: 'defmodule Octochat.CreateMessages do\nend\n' },
    }).then((tag) => ownImage(tag, ...data)),
  ]);
  fleet = await Promise.all(
    [1, 2, 3].map(async () =>
      start(v1, [
        ...['--network', network, '--network-alias', 'chat', '--label', 'traefik.enable=true', '--restart', 'always'],
        ...['-v', `${volume}:/data`, '-e', `DATABASE_URL=${secret}`, ...(await published(8080))],
      ]),
    ),
  );
}, 600_000);

afterAll(async () => {
  await removeContainers();
  await docker('volume', 'rm', '-f', volume);
  await docker('network', 'rm', network);
  await removeOwnImages();
  await removeImages();
});

const one = () => fleet.slice(0, 1);
const words = (mode: string, containers: readonly Container[], command: string, ...more: readonly string[]) => [
  ...[mode, '--image', v2, '--no-build', '--soak', '500ms', '--drain', '1s', '--rehearse', 'never'],
  ...containers.flatMap(({ name }) => ['--containers', name]),
  ...['--release-command', command, ...more],
];
/** To one, by a restart, whose plan is made at once: the command is the same as before a hot load. */
const deployOne = async (command: string, ...more: readonly string[]): Promise<Ran> =>
  await (await startHotDeploy(words('deploy', one(), command, '--strategy', 'restart', ...more))).ended;

/** What the commands have written down. */
const ran = async () =>
  (await fleet[1]?.exec('sh', '-c', 'cat /data/ran 2>/dev/null || true'))?.split('\n').filter(Boolean);

describe('a release command', () => {
  it('is not run by a plan or a dry run', async () => {
    const command = "sh -c 'echo planned >> /data/ran'";
    const runs = [words('plan', one(), command), words('deploy', one(), command, '--dry-run')];
    const ended = await Promise.all(runs.map(async (each) => (await startHotDeploy(each)).ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    // The migration is its concern then, and closes nothing.
    expect(ended[0]?.report?.reasons).toEqual([]);
    expect(await ran()).toEqual([]);
  });

  it('that fails refuses the deploy, with what it wrote, and no container has changed', async () => {
    const command = `sh -c 'echo "relation messages of $DATABASE_URL is locked"; exit 3'`;
    const { code, report, stdout, stderr } = await expectUntouched(fleet, () => deployOne(command));
    expect(code, stderr).toBe(1);
    expect(report).toMatchObject({
      outcome: 'refused',
      message: expect.stringMatching(/exit code 3\. No container was changed, and the database may be: /),
      releaseCommand: { outcome: 'failed', exitCode: 3, output: ['relation messages of *** is locked'] },
    });
    expect(stdout).toMatch(/^Refused to deploy 0\.1\.0 → 0\.2\.0: no container was changed\.\n/);
    expect(stderr).toContain('relation messages of *** is locked');
    expect(stdout + stderr + JSON.stringify(report)).not.toContain(secret);
  });

  it('that is not there, or takes too long, refuses it too', async () => {
    const missing = await expectUntouched(fleet, () => deployOne('bin/migrate'));
    expect(missing.report, missing.stderr).toMatchObject({
      outcome: 'refused',
      message: expect.stringMatching(/did not start: .*bin\/migrate.*and nothing has run\.$/),
      releaseCommand: { outcome: 'not-started' },
    });
    const late = await expectUntouched(fleet, () => deployOne('sleep 60', '--release-command-timeout', '1s'));
    expect(late.report).toMatchObject({ outcome: 'refused', releaseCommand: { outcome: 'timed-out' } });
  });

  it('that is cancelled ends with its container, and no container has changed', async () => {
    const ended = await expectUntouched(fleet, async () => {
      const running = await startHotDeploy(
        // With one space only once it does.
        words('deploy', one(), "sh -c 'echo it  runs; sleep 60'", '--strategy', 'restart'),
      );
      await running.says('it runs', patienceMs);
      const began = performance.now();
      running.kill('SIGINT');
      return { ...(await running.ended), tookMs: performance.now() - began };
    });
    expect(ended.report, ended.stderr).toMatchObject({ outcome: 'refused', releaseCommand: { outcome: 'cancelled' } });
    expect(ended.code).toBe(1);
    // The runner waits 7.5 s, and another 2.5 s.
    expect(ended.tookMs).toBeLessThan(10_000);
  });

  it('of a killed run is ended by the next, which begins anew', async () => {
    const running = await startHotDeploy(
      words('deploy', one(), "sh -c 'echo it  runs; sleep 600'", '--strategy', 'restart'),
    );
    await running.says('it runs', patienceMs);
    // While it lives: whoever else deploys on this engine removes what the dead have left.
    expect(await throwaways()).toContainEqual(expect.stringMatching(/^hot-deploy-release-command-/));
    running.kill('SIGKILL');
    await running.ended;
    const { report, stderr } = await deployOne('false');
    expect(report, stderr).toMatchObject({ outcome: 'refused', releaseCommand: { outcome: 'failed', exitCode: 1 } });
    expect(await throwaways()).toEqual([]);
  });

  it('runs once for the fleet, in the new release, as the first container and not as the application', async () => {
    const migrations = 'ls /app/lib/octochat-*/priv/repo/migrations';
    const command = `sh -c 'id -un >> /data/ran; ${migrations} >> /data/ran; echo $DATABASE_URL >> /data/ran; while [ ! -e /data/go ]; do sleep 0.1; done'`;
    const running = await startHotDeploy(words('deploy', fleet, command));
    await eventually('its words', async () => ((await ran())?.length === 3 ? true : undefined), patienceMs);
    const filters = ['label=hot-deploy.role=release-command', `ancestor=${v2}`].flatMap((one) => ['--filter', one]);
    const [made] = JSON.parse(await docker('inspect', await docker('ps', '-q', '--no-trunc', ...filters)));
    await fleet[1]?.exec('touch', '/data/go');
    const { report, code, stderr } = await running.ended;

    expect(report, stderr).toMatchObject({
      ...{ outcome: 'deployed', method: 'relup', reasons: [] },
      releaseCommand: { outcome: 'succeeded', container: fleet[0]?.name },
      timeline: expect.arrayContaining([expect.objectContaining({ label: 'release command' })]),
    });
    expect(code).toBe(0);
    expect(await ran()).toEqual(['octochat', '20260101000000_create_messages.exs', secret]);
    expect(Object.keys(made.NetworkSettings.Networks)).toEqual([network]);
    expect(made.NetworkSettings.Networks[network].Aliases ?? []).not.toContain('chat');
    expect(Object.values(made.NetworkSettings.Ports)).toEqual([null, null]);
    expect(made.HostConfig).toMatchObject({ PortBindings: {}, RestartPolicy: { Name: 'no' } });
    expect(Object.keys(made.Config.Labels)).not.toContain('traefik.enable');
    expect(await throwaways()).toEqual([]);
  });

  it('is not run where nothing changes, nor by a rollback', async () => {
    const unchanged = await (await startHotDeploy(words('deploy', one(), "sh -c 'echo unchanged >> /data/ran'"))).ended;
    expect(unchanged.report).toMatchObject({ outcome: 'unchanged' });
    expect(unchanged.report).not.toHaveProperty('releaseCommand');
    const back = ['rollback', '--containers', one()[0]?.name ?? '', '--soak', '500ms', '--drain', '1s'];
    const rolled = await (await startHotDeploy([...back, '--release-command', 'touch /data/back'])).ended;
    expect(rolled.report, rolled.stderr).toMatchObject({ outcome: 'deployed' });
    expect(rolled.report).not.toHaveProperty('releaseCommand');
  });
});

describe('without one', () => {
  it('a new migration that nothing runs at a start is a remark', async () => {
    const plan = ['plan', '--image', v2, '--no-build', '--rehearse', 'never', '--containers', one()[0]?.name ?? ''];
    const { report, stderr } = await (await startHotDeploy(plan)).ended;
    expect(report, stderr).toMatchObject({
      method: 'relup',
      reasons: [{ code: 'migrations-pending', subject: expect.stringContaining('create_messages.exs'), blocks: [] }],
    });
  });

  it('closes the hot way where the entrypoint runs it, mounted or in the image', async () => {
    const script = '#!/bin/sh\\n/app/bin/octochat eval "IO.puts(1)" || true\\nexec "$@"\\n';
    const lines = ['USER root', `RUN printf '${script}' > /entry.sh && chmod +x /entry.sh`, 'USER octochat'];
    const entry = ['ENTRYPOINT ["/entry.sh"]', 'CMD ["/app/bin/octochat", "start"]'];
    const [old, next] = await Promise.all([v1, v2].map((tag) => ownImage(tag, ...lines, ...entry)));
    const migrating = await start(old ?? '');
    const plan = ['plan', '--image', next ?? '', '--no-build', '--rehearse', 'never', '--containers', migrating.name];
    const { report, stderr } = await (await startHotDeploy(plan)).ended;
    expect(report, stderr).toMatchObject({
      method: 'recreate',
      reasons: [
        {
          code: 'migrations-pending',
          blocks: ['relup'],
          message: expect.stringContaining('/entry.sh runs'),
        },
      ],
    });
  });
});
