import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';
import { times } from '../support/faults/thorough.js';
import { onlyNightly } from '../support/tier.js';
import { interrupted } from './interrupted.js';
import { removeScripts, scripted, written } from './scripted.js';

let bench: Workbench;
let v1: ImageDetails;
let v2: ImageDetails;

const serving = `CMD ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]`;
const slow = `CMD ["sh", "-c", "trap 'sleep 3; exit 0' TERM; sleep infinity & wait"]`;
const checked = 'HEALTHCHECK --interval=1s --retries=2 CMD true';

beforeAll(async () => {
  bench = await openWorkbench();
  v1 = await bench.image('app:1', 'ENV VERSION=1', 'VOLUME /data', checked, serving);
  v2 = await bench.image('app:2', 'ENV VERSION=2', 'VOLUME /data', checked, serving);
});
afterAll(async () => {
  // A journal's container is made of an image that goes with the bench.
  await removeScripts();
  await bench?.clear();
});

const reference = (image: ImageDetails) => image.RepoTags[0] ?? image.Id;
const full = (name: string) => `${bench.prefix}-${name}`;
const named = (name: string) => bench.engine.inspectContainer(full(name));
const version = (name: string) => bench.docker('exec', full(name), 'printenv', 'VERSION');
const around = async (name: string) =>
  (await bench.containers())
    .filter((one) => one.startsWith(`${full(name)}.hot-deploy-`))
    .map((one) => one.split('-').at(-2));
/** Neither anything of an interrupted run, nor a lock. */
const settled = async (name: string, environment: string) => {
  expect((await around(name)).filter((kind) => kind !== 'previous')).toEqual([]);
  const all = (await bench.docker('ps', '--all', '--format', '{{.Names}}')).split('\n');
  expect(all).not.toContain(`hot-deploy-lock-${environment}`);
};

/** Each has a check that runs every second: many that wait for the end of the file leave a machine no time for anything else. */
const gone = async (name: string) => {
  const all = (await bench.containers()).filter((one) => one === full(name) || one.startsWith(`${full(name)}.`));
  if (all.length > 0) await bench.docker('rm', '--force', '--volumes', ...all);
};

/** The next run looks for as long as a stop may take whether one is under way. */
const brief = ['--stop-timeout', '1'];

const points = [3, 6, ...onlyNightly(1, 2, 4, 5, 7, 8, 9)];

describe.concurrent.each(['before', 'after'] as const)('killed %s a command that changes something', (when) => {
  it.each(points)('number %i, the next run finishes or undoes it, and deploys', async (at) => {
    const name = `killed-${when}-${at}`;
    const environment = full(name);
    await bench.run(name, ...brief, '--restart', 'always', '--env', 'SECRET=kept', v1.Id);
    const script = await scripted(bench.engine, [full(name)], { image: reference(v2), environment });
    const first = await interrupted(script, ['deploy'], { signal: 'KILL', at, when });
    expect(first).toMatchObject({ reached: true });
    const second = await script.run('deploy');
    expect(second, second.stderr).toMatchObject({ code: 0 });
    expect(await version(name)).toBe('2');
    expect(await bench.docker('exec', full(name), 'printenv', 'SECRET')).toBe('kept');
    expect((await named(name)).HostConfig.RestartPolicy).toMatchObject({ Name: 'always' });
    await settled(name, environment);
    const back = await script.run('rollback');
    expect(back, back.stderr).toMatchObject({ code: 0 });
    expect(await version(name)).toBe('1');
    await gone(name);
  });
});

describe.concurrent.each(['before', 'after'] as const)(
  'a rollback killed %s a command that changes something',
  (when) => {
    // The second is that what the deploy has written down goes once it was taken along.
    it.each([5, ...onlyNightly(2, 3, 7, 9)])(
      'number %i, the next run sets it right, and no container is lost',
      async (at) => {
        const name = `back-${when}-${at}`;
        const environment = full(name);
        const old = await bench.run(name, ...brief, '--restart', 'always', v1.Id);
        const script = await scripted(bench.engine, [full(name)], { image: reference(v2), environment });
        expect(await script.run('deploy')).toMatchObject({ code: 0 });
        const { Id: next } = await named(name);
        const first = await interrupted(script, ['rollback'], { signal: 'KILL', at, when });
        expect(first).toMatchObject({ reached: true });
        const second = await script.run('deploy');
        expect(second, second.stderr).toMatchObject({ code: 0 });
        expect(await version(name)).toBe('2');
        expect((await named(name)).HostConfig.RestartPolicy).toMatchObject({ Name: 'always' });
        await settled(name, environment);
        for (const id of [old.Id, next]) expect(await bench.engine.findContainer(id)).toBeDefined();
        await gone(name);
      },
    );
  },
);

describe.concurrent.each(['TERM', ...onlyNightly('INT' as const, 'HUP' as const)] as const)('SIG%s', (signal) => {
  it.each(points)('at change %i: what ran before runs when it ends, or what is new', async (at) => {
    const name = `stopped-${signal.toLowerCase()}-${at}`;
    const environment = full(name);
    const old = await bench.run(name, v1.Id);
    const script = await scripted(bench.engine, [full(name)], { image: reference(v2), environment });
    const ran = await interrupted(script, ['deploy'], { signal, at, when: 'before' });
    expect(ran.reached).toBe(true);
    const now = await named(name);
    expect(now.State.Running, ran.stderr).toBe(true);
    expect(ran.code, ran.stderr).toBe(now.Image === v2.Id ? 0 : at === 1 ? 1 : 3);
    if (now.Image === v1.Id) expect(now.Id).toBe(old.Id);
    await settled(name, environment);
    await gone(name);
  });
});

it('SIGINT while the old container is stopping: it is started again after it has stopped', async () => {
  const dying = await bench.image('slow:1', 'ENV VERSION=1', slow);
  const old = await bench.run('slow', dying.Id);
  const environment = full('slow');
  const script = await scripted(bench.engine, [full('slow')], { image: reference(v2), environment });
  const started = await script.start(['deploy']);
  await expect
    .poll(async () => (await bench.docker('top', full('slow')).catch(() => '')).match(/ sleep 3$/m) !== null)
    .toBe(true);
  process.kill(started.pid, 'SIGINT');
  const ran = await started.ended;
  expect(ran, ran.stderr).toMatchObject({ code: 3 });
  const now = await named('slow');
  expect(now.Id).toBe(old.Id);
  expect(now.State.Running).toBe(true);
  // Started since: the stop has had its end, and will not come any more.
  expect(now.State.StartedAt).not.toBe(old.State.StartedAt);
  await settled('slow', environment);
});

it('two at once: the second is refused while the first lives', async () => {
  const dying = await bench.image('slow:2', 'ENV VERSION=1', slow);
  await bench.run('twice', dying.Id);
  const environment = full('twice');
  const script = await scripted(bench.engine, [full('twice')], { image: reference(v2), environment });
  const first = await script.start(['deploy']);
  await expect.poll(first.said).toContain('from sha256');
  const waiting = await script.start(['deploy']);
  const second = await script.run('deploy', '--lock-timeout', '0');
  expect(second).toMatchObject({ code: 1 });
  expect(second.stderr).toContain('deploys to');
  // One that waits has its turn when the first has ended, and then there is nothing to do.
  const third = await waiting.ended;
  expect(third, third.stderr).toMatchObject({ code: 0 });
  expect(third.stderr).toMatch(/waiting for the lock[\s\S]*already/);
  expect(await first.ended).toMatchObject({ code: 0 });
});

it('a lock of another machine is waited for while it beats, and taken over when it has been silent', async () => {
  await bench.run('far', v1.Id);
  const environment = full('far');
  const lock = `hot-deploy-lock-${environment}`;
  const holder = JSON.stringify({
    by: 'ada@far',
    host: 'another',
    pidns: 'pid:[1]',
    pid: 1,
    startTicks: 1,
    since: 'now',
  });
  const labels = [
    `hot-deploy.lock=${environment}`,
    'hot-deploy.run=1',
    `hot-deploy.holder=${holder}`,
    `hot-deploy.test=${bench.prefix}`,
  ];
  const id = await bench.docker('create', '--name', lock, ...labels.flatMap((label) => ['--label', label]), v1.Id);
  const script = await scripted(bench.engine, [full('far')], { image: reference(v2), environment });
  const beat = `d=$(mktemp); date +%N >$d; docker cp $d ${lock}:/heartbeat-${id.slice(0, 12)}; rm $d`;
  const beaten: Promise<unknown>[] = [];
  const beats = setInterval(() => beaten.push(once(spawn('sh', ['-c', beat]), 'close')), 1_000);
  const refused = await script.run('deploy', '--lock-timeout', '3').finally(() => clearInterval(beats));
  await Promise.all(beaten);
  expect(refused, refused.stderr).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain('ada@far');
  const began = Date.now();
  const taken = await script.run('deploy', '--lock-timeout', '0');
  expect(taken, taken.stderr).toMatchObject({ code: 0 });
  expect(taken.stderr).toContain('ada@far (since now) held');
  expect(Date.now() - began).toBeGreaterThan(12_000);
  expect(await version('far')).toBe('2');
  await settled('far', environment);
});

describe('while the old container is stopping, somebody', () => {
  /** A deploy whose old container takes three seconds to end, meanwhile. */
  const meanwhile = async (name: string, deed: (lock: string) => Promise<unknown>) => {
    const dying = await bench.image(`${name}:1`, 'ENV VERSION=1', slow);
    await bench.run(name, dying.Id);
    const environment = full(name);
    const script = await scripted(bench.engine, [full(name)], { image: reference(v2), environment });
    const started = await script.start(['deploy']);
    await expect
      .poll(async () => (await bench.docker('top', full(name)).catch(() => '')).match(/ sleep 3$/m) !== null)
      .toBe(true);
    await deed(`hot-deploy-lock-${environment}`);
    return { ran: await started.ended, script, environment };
  };

  it('prunes the lock: it is taken again with all that was written down, and the deploy goes on', async () => {
    const { ran, script, environment } = await meanwhile('pruned', (lock) => bench.docker('rm', '--force', lock));
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr).toContain('it was taken again, and the run goes on');
    expect(await version('pruned')).toBe('2');
    await settled('pruned', environment);
    const back = await script.run('rollback');
    expect(back, back.stderr).toMatchObject({ code: 0 });
    expect(await version('pruned')).toBe('1');
  });

  it('takes the lock over: nothing is changed any more, and the next run undoes it', async () => {
    const { ran, script, environment } = await meanwhile('taken', (lock) =>
      bench.docker('rename', lock, `${lock.replace('-lock-', '-journal-')}-11111111`),
    );
    expect(ran, ran.stderr).toMatchObject({ code: 4 });
    expect(ran.stderr).toMatch(/the lock on \S+ was taken over by another run.*changes nothing more, not even back/);
    const now = await named('taken');
    expect(now.State.Running).toBe(false);
    expect(await around('taken')).toEqual(['new']);
    const next = await script.run('deploy');
    expect(next, next.stderr).toMatchObject({ code: 0 });
    expect(next.stderr).toContain('its deploy is undone');
    expect(await version('taken')).toBe('2');
    await settled('taken', environment);
  });
});

it('a container with --rm comes back from its own settings', async () => {
  const broken = await bench.image(
    'app:3',
    'ENV VERSION=3',
    'HEALTHCHECK --interval=1s --retries=1 CMD false',
    serving,
  );
  await bench.run('brief', '--rm', '--env', 'SECRET=kept', v1.Id);
  const environment = full('brief');
  const ran = await (await scripted(bench.engine, [full('brief')], { image: reference(broken), environment })).run(
    'deploy',
  );
  expect(ran, ran.stderr).toMatchObject({ code: 3 });
  expect(await version('brief')).toBe('1');
  expect(await bench.docker('exec', full('brief'), 'printenv', 'SECRET')).toBe('kept');
  await settled('brief', environment);
  const well = await (await scripted(bench.engine, [full('brief')], { image: reference(v2), environment })).run(
    'deploy',
  );
  expect(well, well.stderr).toMatchObject({ code: 0 });
  expect(await version('brief')).toBe('2');
  expect(await around('brief')).toEqual([]);
});

it('of a fleet none stays on the new image where one fails', async () => {
  const picky = await bench.image(
    'app:4',
    'ENV VERSION=4',
    'HEALTHCHECK --interval=1s --retries=1 CMD test "$PICKY" = no',
    serving,
  );
  await bench.run('one', '--env', 'PICKY=no', v1.Id);
  await bench.run('two', '--env', 'PICKY=yes', v1.Id);
  const script = await scripted(bench.engine, [full('one'), full('two')], { image: reference(picky) });
  const ran = await script.run('deploy');
  expect(ran, ran.stderr).toMatchObject({ code: 3 });
  expect([await version('one'), await version('two')]).toEqual(['1', '1']);
  // The one that is named, alone.
  const one = await script.run('deploy', full('one'));
  expect(one, one.stderr).toMatchObject({ code: 0 });
  expect([await version('one'), await version('two')]).toEqual(['4', '1']);
});

it('plan, status and --dry-run change nothing, and a wrong word is refused with its own code', async () => {
  await bench.run('still', '--env', 'SECRET=s3cr3t', v1.Id);
  const script = await scripted(bench.engine, [full('still')], { image: reference(v2) });
  const now = async () => {
    // Its health check goes on meanwhile, and is logged.
    const { State, ...all } = await named('still');
    return [{ ...all, ExecIDs: undefined, State: { ...State, Health: undefined } }, await bench.containers()];
  };
  const before = await now();
  const dry = await script.run('deploy', '--dry-run');
  expect(dry, dry.stderr).toMatchObject({ code: 0 });
  expect(dry.stdout).toMatch(
    /docker create --name \S+\.hot-deploy-new-.*--env=SECRET[\s\S]*docker stop[\s\S]*docker rename[\s\S]*docker start/,
  );
  for (const said of [
    /update --restart=no/,
    /rename \S+ \S+\.hot-deploy-previous-/,
    /rename \S*-lock-\S+ \S*-journal-/,
  ]) {
    expect(dry.stdout).toMatch(said);
  }
  expect(await script.run('plan')).toMatchObject({ code: 0 });
  const status = await script.run('status');
  expect(status.stdout).toContain('lock: free');
  expect(await script.run('rollback', '--dry-run')).toMatchObject({ code: 1 });
  expect([dry, status].map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain('s3cr3t');
  expect(await now()).toEqual(before);
  expect(await script.run('--help')).toMatchObject({ code: 0 });
  expect(await script.run('deplyo')).toMatchObject({ code: 2 });
  expect(await script.run('deploy', 'nobody')).toMatchObject({ code: 2 });
});

describe('the well-known snippet', () => {
  const snippet = (name: string, image: string) => `set -e
id=$(docker ps -q -f name=${name})
[ -z "$id" ] || docker stop $id
docker run -d --label hot-deploy.test=${bench.prefix} --name ${name} ${image}
`;

  it('fails on its second run, and stops a container of another name', async () => {
    const name = full('web');
    await bench.run('web-admin', v1.Id);
    const first = await (await written(snippet(name, v1.Id))).run();
    expect(first).toMatchObject({ code: 0 });
    expect((await named('web-admin')).State.Running).toBe(false);
    const second = await (await written(snippet(name, v2.Id))).run();
    expect(second.code).not.toBe(0);
    expect((await named('web')).State.Running).toBe(false);
  });

  const runs = times({ smoke: 5, some: 12, all: 100 }, 'HOT_DEPLOY_SCRIPT_RUNS');

  it(`where this one passes ${runs}, and leaves the other alone`, async () => {
    const other = await bench.run('many-admin', v1.Id);
    await bench.run('many', v1.Id);
    const script = await scripted(bench.engine, [full('many')], { image: reference(v2) });
    for (let at = 0; at < runs; at++) {
      const image = at % 2 === 0 ? v2 : v1;
      const ran = await script.run('deploy', '--image', reference(image));
      expect(ran, `${at}: ${ran.stderr}`).toMatchObject({ code: 0 });
      expect((await named('many')).Image).toBe(image.Id);
    }
    expect((await around('many')).sort()).toEqual(['previous', 'previous', 'previous']);
    const { State: state } = await named('many-admin');
    expect(state.StartedAt).toBe(other.State.StartedAt);
  }, 600_000);
});
