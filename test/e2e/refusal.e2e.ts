import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hotDeploy, type Ran } from '../support/world/command.js';
import { type Container, removeContainers, start, unused } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { expectUntouched, ownImage, removeOwnImages } from '../support/world/untouched.js';

let v1: string;
let v2: string;
let bare: string;
let web: Container;

beforeAll(async () => {
  [v1, v2, bare] = await Promise.all([
    image({ example: 'octochat', version: 1, debian: 'bookworm' }).then((tag) => ownImage(tag)),
    image({ example: 'octochat', version: 2, debian: 'bookworm' }).then((tag) => ownImage(tag)),
    ownImage('debian:bookworm-slim', 'CMD ["sleep", "600"]'),
  ]);
  web = await start(v1, [], [], unused('hd-web'));
});

afterAll(async () => {
  await removeContainers();
  await removeOwnImages();
  await removeImages();
});

/** Expects that nothing was done, and that one line says why and what to do. */
function expectRefused(ran: Ran, ...sentence: readonly RegExp[]): void {
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  const [verdict, gap, message = '', end, ...rest] = ran.stdout.split('\n');
  expect(verdict).toMatch(/^Refused to deploy .*: nothing was touched\.$/);
  expect([gap, end]).toEqual(['', '']);
  // After the message comes at most which containers there were, and when.
  expect(rest.join('\n')).not.toContain(message);
  for (const part of sentence) expect(message).toMatch(part);
  expect(message).toMatch(/[.?)]$|docker (start|unpause) \S+$/);
  expect(ran.report).toMatchObject({ outcome: 'refused', method: 'none' });
  expect(ran.code).toBe(1);
}

const deploy = (container: Container | string, reference: string, ...words: string[]) =>
  hotDeploy([
    'deploy',
    '--containers',
    typeof container === 'string' ? container : container.name,
    '--image',
    reference,
    ...words,
  ]);

describe('refused, in one sentence, with nothing changed', () => {
  it('is a container that does not exist, and the sentence names those that are near', async () => {
    const wrong = web.name.replace('hd-web', 'hd-wed');
    const ran = await expectUntouched([web], () => deploy(wrong, v2, '--no-build'));
    expectRefused(ran, new RegExp(`^No container has the name ${wrong}\\. There is ${web.name}[,.]`));
  });

  it('is a container that runs no release', async () => {
    const other = await start(bare);
    const ran = await expectUntouched([web, other], () => deploy(other, v2, '--no-build'));
    expectRefused(ran, new RegExp(`^${other.name} runs no Erlang VM, .*Check \`containers\`\\.$`));
  });

  it('is an image that holds no release', async () => {
    const ran = await expectUntouched([web], () => deploy(web, bare, '--no-build'));
    expectRefused(ran, new RegExp(`^The image ${bare} holds no release: .*start_erl\\.data`));
  });

  it('is the image of another application, also where the node cannot be asked what it runs', async () => {
    const turnstile = await ownImage(await image({ example: 'turnstile', version: 1, debian: 'bookworm' }));
    const mute = await start(v1, ['-e', 'RELEASE_DISTRIBUTION=none']);
    for (const container of [web, mute]) {
      const ran = await expectUntouched([container], () => deploy(container, turnstile, '--no-build'));
      expectRefused(
        ran,
        new RegExp(`holds the release turnstile, and ${container.name} runs octochat`),
        /Check `image`/,
      );
    }
  });

  it('is an image that the engine does not have', async () => {
    const ran = await expectUntouched([web], () => deploy(web, 'hot-deploy-test:none', '--no-build'));
    expectRefused(ran, /^The engine has no image hot-deploy-test:none, and `build` is false\. Pull it first/);
  });

  it('is a container that is stopped, or paused, and it stays so', async () => {
    const [stopped, paused] = [await start(v1), await start(v1)];
    await docker('stop', '-t', '1', stopped.name);
    await docker('pause', paused.name);
    for (const [container, state, command] of [
      [stopped, 'exited', 'start'],
      [paused, 'paused', 'unpause'],
    ] as const) {
      const ran = await expectUntouched([container], () => deploy(container, v2, '--no-build'));
      expectRefused(ran, new RegExp(`^${container.name} is ${state}, .*docker ${command} ${container.name}$`));
    }
    await docker('unpause', paused.name);
  });

  it('is a restart where only a hot load was asked for', async () => {
    const changed = await ownImage(v2, 'ENV MOOD=good');
    const ran = await expectUntouched([web], () => deploy(web, changed, '--no-build', '--strategy', 'relup'));
    expectRefused(ran, new RegExp(`^\`strategy\` is relup, which is ruled out for ${web.name}\\.$`));
    expect(ran.report?.reasons).toMatchObject([{ code: 'container-config-changed', subject: 'ENV MOOD' }]);
  });

  it('is a restart of a release on a volume, which would boot the old one again', async () => {
    const kept = await start(v1, ['-v', '/app', '-e', 'RELEASE_DISTRIBUTION=none']);
    const ran = await expectUntouched([kept], () => deploy(kept, v2, '--no-build'));
    expectRefused(ran, new RegExp(`^${kept.name} keeps its release on a volume at /app, .*distribution-off`));
  });
});

describe('an image that does not build', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hot-deploy-refusal-'));
    const noise = `for i in $(seq 20); do echo "$i ${'noise '.repeat(20)}"; done`;
    await writeFile(
      join(folder, 'Dockerfile'),
      `FROM debian:bookworm-slim\nRUN ${noise}; echo 'the last words'; exit 7\n`,
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is refused with the end of what the build said', async () => {
    const ran = await expectUntouched([web], () => deploy(web, v2, '--build', '--context', folder));
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused' } });
    expect(ran.stdout).toMatch(/docker build of \S+ ended with exit code \d+; nothing was deployed/);
    expect(ran.stdout).toContain('the last words');
    expect(ran.stdout).not.toContain('1 noise noise noise noise\n');
  });
});

describe('an engine that does not answer', () => {
  let silent: Server;
  let socket: string;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-silent-'));
    socket = join(folder, 'docker.sock');
    silent = createServer(() => undefined);
    await new Promise<void>((listening) => silent.listen(socket, listening));
  });
  afterAll(() => void silent.close());

  it.each([
    [
      'because nothing listens',
      () => 'tcp://127.0.0.1:1',
      /^No Docker engine answers at tcp:\/\/127.0.0.1:1: nothing listens there; start Docker/,
    ],
    [
      'although somebody listens',
      () => `unix://${socket}`,
      /^No Docker engine answers at unix:\S+: it did not answer within 5 s; look at/,
    ],
  ])('is refused in seconds, %s', async (_, address, sentence) => {
    const ran = await hotDeploy(['deploy', '--containers', 'web', '--image', 'web', '--no-build'], {
      DOCKER_HOST: address(),
    });
    expectRefused(ran, sentence);
    expect(ran.ms).toBeLessThan(8_000);
  });
});

describe('a command line that is wrong', () => {
  const whole = ['deploy', '--containers', 'web', '--image', 'web', '--no-build'];

  it.each([
    ['an unknown option', [...whole, '--colour', 'red'], /There is no option "--colour"\. Allowed: --containers, /],
    [
      'an unknown value',
      [...whole, '--strategy', 'maybe'],
      /`strategy` is "maybe"\. Allowed: `auto`, `relup`, `modules`, `restart`\./,
    ],
    [
      'an unknown command',
      ['undo', ...whole.slice(1)],
      /There is no command "undo"\. Did you mean `rollback`\? Allowed: plan, deploy, /,
    ],
    [
      'a contradiction',
      [...whole, '--target', 'app'],
      /`target` is given, which says how to build, and `build` is "false"/,
    ],
  ])('with %s is told what is allowed, before anything is asked of an engine', async (_, words, sentence) => {
    const ran = await hotDeploy(words, { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ran.stderr).toMatch(sentence);
    expect(ran.report).toBeUndefined();
  });
});

describe('a run that changes nothing', () => {
  it.each([
    ['a plan', ['plan']],
    ['a dry run', ['deploy', '--dry-run']],
  ])('is %s: each file and all that inspect tells is as before', async (_, command) => {
    const words = [...command, '--containers', web.name, '--image', v2, '--no-build'];
    const ran = await expectUntouched([web], () => hotDeploy(words));
    expect(ran).toMatchObject({ code: 0, report: { outcome: 'planned', method: 'relup', from: '0.1.0', to: '0.2.0' } });
    expect(ran.stdout).toMatch(/^Planned 0\.1\.0 → 0\.2\.0: it can be loaded hot, and nothing was touched\.\n/);
  });

  it('is a deploy of what runs already', async () => {
    const ran = await expectUntouched([web], () => deploy(web, v1, '--no-build'));
    expect(ran).toMatchObject({
      code: 0,
      report: { outcome: 'unchanged', method: 'none', from: '0.1.0', to: '0.1.0' },
    });
    expect(ran.stdout).toMatch(/^0\.1\.0 already runs: nothing was touched\.\n/);
  });
});
