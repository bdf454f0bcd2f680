import { expect } from 'vitest';
import { EngineError, Unreadable } from '../../src/engines/call.js';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { ContainerSpec, Engine } from '../../src/engines/engine.js';
import { ExecTimeout } from '../../src/engines/exec.js';
import { packEntries, unpack } from '../../src/release/archive.js';
import type { Clock } from '../../src/system/log.js';
import { idle } from '../engines/workbench.js';
import type { Answer, Program } from '../support/model/program.js';

/** An engine, real or not, with images of each kind. */
export interface Ground {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly images: Readonly<Record<Kind, ImageDetails>>;
  /** A name that nobody else has. */
  named(name: string): string;
  network(name: string): Promise<string>;
}

/** One image, as it is built and as it is modelled. */
export interface Made {
  readonly lines: readonly string[];
  readonly program: Program;
  readonly config?: Readonly<Record<string, unknown>>;
}

const answers: Readonly<Record<string, Answer>> = {
  'echo out; echo err >&2; exit 3': { stdout: 'out\n', stderr: 'err\n', exitCode: 3 },
  'sleep 2': { takesMs: 2_000 },
  'sleep 300': { takesMs: 300_000 },
};

const answer: NonNullable<Program['answer']> = ({ argv, stdin }) =>
  argv[0] === 'cat' ? { stdout: String(stdin ?? '') } : argv[0] === 'sh' ? answers[argv[2] ?? ''] : undefined;

const second = 1_000_000_000;
const steady: Program = { stops: { afterMs: 0, code: 0 }, answer };
const config = { Env: ['PATH=/usr/bin:/bin', 'VERSION=1'], Labels: { from: 'image' }, Cmd: ['sh'] };

const made = {
  idle: { lines: ['ENV VERSION=1', 'LABEL from=image', idle], program: steady, config },
  deaf: {
    lines: [`CMD ["sh", "-c", "trap '' TERM; sleep infinity & wait; wait"]`],
    program: { ...steady, stops: 'deaf' },
  },
  slow: {
    lines: [`CMD ["sh", "-c", "trap 'sleep 1; exit 3' TERM; sleep infinity & wait"]`],
    program: { ...steady, stops: { afterMs: 1_000, code: 3 } },
  },
  brief: {
    lines: ['CMD ["sh", "-c", "echo first; echo last words; exit 7"]'],
    program: { ends: { afterMs: 0, code: 7 }, log: ['first', 'last words'] },
  },
  well: {
    lines: [idle, 'HEALTHCHECK --interval=1s CMD ["sh", "-c", "true"]'],
    program: steady,
    config: { Healthcheck: { Test: ['CMD', 'sh', '-c', 'true'], Interval: second } },
  },
  sick: {
    lines: [idle, 'HEALTHCHECK --interval=1s --retries=2 CMD ["sh", "-c", "echo no database; exit 1"]'],
    program: { ...steady, healthy: { never: 'no database\n' } },
    config: { Healthcheck: { Test: ['CMD', 'sh', '-c', 'echo no database; exit 1'], Interval: second, Retries: 2 } },
  },
  broken: {
    lines: ['ENTRYPOINT ["/no/such/program"]'],
    program: { startFails: 'exec: "/no/such/program": stat /no/such/program: no such file or directory: unknown' },
    config: { Entrypoint: ['/no/such/program'], Cmd: null },
  },
  data: { lines: ['VOLUME /data', idle], program: steady, config: { Volumes: { '/data': {} } } },
} satisfies Record<string, Made>;

export type Kind = keyof typeof made;
export const kinds: Readonly<Record<Kind, Made>> = made;

type Check = (ground: Ground) => Promise<void>;

const no = '0'.repeat(64);
const create = ({ engine, images, named }: Ground, name: string, kind: Kind, spec: ContainerSpec = {}) =>
  engine.createContainer(named(name), { Image: images[kind].Id, ...spec });

async function run(ground: Ground, name: string, kind: Kind, spec: ContainerSpec = {}): Promise<ContainerDetails> {
  const id = await create(ground, name, kind, spec);
  await ground.engine.startContainer(id);
  return await ground.engine.inspectContainer(id);
}

const host = (HostConfig: Readonly<Record<string, unknown>>): ContainerSpec => ({ HostConfig });
const policy = (Name: string, MaximumRetryCount?: number) =>
  host({ RestartPolicy: { Name, ...(MaximumRetryCount && { MaximumRetryCount }) } });

/** By the ground's own clock. */
async function becomes(ground: Ground, id: string, is: (now: ContainerDetails | undefined) => boolean) {
  const until = ground.clock.now() + 30_000;
  for (;;) {
    const now = await ground.engine.findContainer(id);
    if (is(now)) return now;
    if (ground.clock.now() > until) throw new Error(`in vain: ${JSON.stringify(now?.State)}`);
    await ground.clock.sleep(50);
  }
}

const exited = (now: ContainerDetails | undefined) => now?.State.Status === 'exited';

const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof EngineError ? error.status : error),
  );

async function refusedBy(call: Promise<unknown>): Promise<EngineError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

const tar = (path: string, text: string) =>
  packEntries([
    { path, type: 'file', mode: 0o640, uid: 7, gid: 8, mtime: new Date(1_700_000_000_000), data: Buffer.from(text) },
  ]);

const read = async (packed: Buffer | undefined) =>
  Object.fromEntries((await unpack(packed ?? Buffer.alloc(0))).map(({ path, data }) => [path, data.toString()]));

/** What an engine does, so that whoever is proved right on one is right on any. */
export const conformance: Readonly<Record<string, Check>> = {
  'a container that was made is there under its name, its id and its short id, and does not run': async (ground) => {
    const id = await create(ground, 'made', 'idle', { Labels: { own: 'a=b' } });
    for (const known of [id, id.slice(0, 12), ground.named('made')]) {
      const found = await ground.engine.findContainer(known);
      expect(found).toMatchObject({ Id: id, Name: `/${ground.named('made')}`, Image: ground.images.idle.Id });
      expect(found?.State).toMatchObject({ Status: 'created', Running: false, Restarting: false, ExitCode: 0 });
      expect(found?.Config.Labels).toMatchObject({ own: 'a=b', from: 'image' });
      expect(found?.Config.Env).toContain('VERSION=1');
      expect(found).toMatchObject({ RestartCount: 0, HostConfig: { RestartPolicy: { Name: '' } } });
      expect([found?.State.StartedAt, found?.State.FinishedAt].map((at) => Date.parse(at ?? ''))).toEqual([
        Date.parse('0001-01-01T00:00:00Z'),
        Date.parse('0001-01-01T00:00:00Z'),
      ]);
    }
  },

  'what is not there is undefined to who looks for it, and 404 to who inspects it': async ({ engine }) => {
    expect(await engine.findContainer(no)).toBeUndefined();
    expect(await refusedBy(engine.inspectContainer(no))).toMatchObject({
      status: 404,
      message: expect.stringMatching(`could not inspect container ${no}: No such container: ${no} \\(status 404\\)`),
    });
    const packed = await tar('file', '');
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      start: () => engine.startContainer(no),
      stop: () => engine.stopContainer(no),
      rename: () => engine.renameContainer(no, 'other'),
      policy: () => engine.updateRestartPolicy(no, { Name: 'no' }),
      exec: () => engine.exec(no, { argv: ['true'], timeoutMs: 5_000 }),
      logs: () => engine.logs(no, 1),
      stat: () => engine.stat(no, '/tmp'),
      getArchive: () => engine.getArchive(no, '/tmp', 1_048_576),
      putArchive: () => engine.putArchive(no, '/tmp', packed),
      added: () => engine.added(no),
      size: () => engine.containerSize(no),
    };
    for (const [name, call] of Object.entries(calls)) expect([name, await statusOf(call())]).toEqual([name, 404]);
    expect(await engine.findImage('no/such:image')).toBeUndefined();
    expect(await engine.findNetwork('no-such-network')).toBeUndefined();
    expect(await engine.hasVolume('no-such-volume')).toBe(false);
  },

  'it lists all containers, also those that do not run, with names without a slash, labels and network': async (
    ground,
  ) => {
    const id = await create(ground, 'listed', 'idle', { Labels: { own: 'a=b' }, ...host({ NetworkMode: 'none' }) });
    const running = await run(ground, 'listed-running', 'idle');
    const all = await ground.engine.containers();
    const listed = all.find((one) => one.id === id);
    expect(listed).toMatchObject({ names: [ground.named('listed')], state: 'created', networkMode: 'none' });
    expect(listed?.labels).toMatchObject({ own: 'a=b', from: 'image' });
    expect((listed?.createdAt ?? 1) % 1_000).toBe(0);
    expect(all.find((one) => one.id === running.Id)).toMatchObject({ state: 'running', networkMode: 'default' });
  },

  'a name belongs to one: a second container of it is refused, and so is a rename to it': async (ground) => {
    const id = await create(ground, 'taken', 'idle');
    const other = await create(ground, 'other', 'idle');
    const words = new RegExp(
      `Conflict. The container name "/${ground.named('taken')}" is already in use by container "?${id}`,
    );
    const made = await refusedBy(create(ground, 'taken', 'idle'));
    expect(made).toMatchObject({ status: 409, message: expect.stringMatching(words) });
    const renamed = await refusedBy(ground.engine.renameContainer(other, ground.named('taken')));
    expect(renamed).toMatchObject({ status: 409, message: expect.stringMatching(words) });
    expect((await refusedBy(ground.engine.renameContainer(other, ground.named('other')))).status).toBe(400);
  },

  'a container keeps its id under another name, and the one it had is free': async (ground) => {
    const { Id: id } = await run(ground, 'renamed', 'idle');
    await ground.engine.renameContainer(id, ground.named('renamed-to'));
    expect((await ground.engine.inspectContainer(ground.named('renamed-to'))).Id).toBe(id);
    expect((await ground.engine.inspectContainer(id)).State.Running).toBe(true);
    expect(await ground.engine.findContainer(ground.named('renamed'))).toBeUndefined();
    await create(ground, 'renamed', 'idle');
  },

  'an image that is not there makes no container': async ({ engine, named }) => {
    expect(await refusedBy(engine.createContainer(named('none'), { Image: 'no-such-image' }))).toMatchObject({
      status: 404,
      message: expect.stringContaining('No such image: no-such-image:latest'),
    });
    expect(await engine.findContainer(named('none'))).toBeUndefined();
  },

  'what is so already is so: started, stopped, removed': async (ground) => {
    const { engine } = ground;
    const id = await create(ground, 'already', 'idle');
    await engine.stopContainer(id);
    expect((await engine.inspectContainer(id)).State.Status).toBe('created');
    await engine.startContainer(id);
    const began = (await engine.inspectContainer(id)).State.StartedAt;
    await engine.startContainer(id);
    expect((await engine.inspectContainer(id)).State.StartedAt).toBe(began);
    await engine.stopContainer(id);
    await engine.stopContainer(id);
    const { State: state } = await engine.inspectContainer(id);
    expect(state).toMatchObject({ Status: 'exited', Running: false, ExitCode: 0 });
    expect(Date.parse(state.FinishedAt)).toBeGreaterThanOrEqual(Date.parse(began));
    await engine.removeContainer(id);
    await engine.removeContainer(id);
    expect(await engine.findContainer(id)).toBeUndefined();
  },

  'one that runs is removed by force alone': async (ground) => {
    const { Id: id } = await run(ground, 'forced', 'idle');
    expect(await refusedBy(ground.engine.removeContainer(id))).toMatchObject({ status: 409 });
    await ground.engine.removeContainer(id, { force: true });
    expect(await ground.engine.findContainer(id)).toBeUndefined();
  },

  'a stop waits until it has ended by its signal, as long as it may take, and then it is killed': async (ground) => {
    const { engine, clock } = ground;
    const { Id: slow } = await run(ground, 'slow', 'slow');
    const since = clock.now();
    await engine.stopContainer(slow);
    expect(clock.now() - since).toBeGreaterThan(900);
    expect((await engine.inspectContainer(slow)).State).toMatchObject({ Running: false, ExitCode: 3 });
    const { Id: deaf } = await run(ground, 'deaf', 'deaf', { StopTimeout: 1 });
    const then = clock.now();
    await engine.stopContainer(deaf);
    expect(clock.now() - then).toBeGreaterThan(900);
    expect(clock.now() - then).toBeLessThan(5_000);
    expect((await engine.inspectContainer(deaf)).State).toMatchObject({ Running: false, ExitCode: 137 });
    await engine.startContainer(deaf);
    await engine.stopContainer(deaf, 0);
    expect((await engine.inspectContainer(deaf)).State.ExitCode).toBe(137);
  },

  'a stop with less time overtakes one that is under way': async (ground) => {
    const { engine, clock } = ground;
    const { Id: id } = await run(ground, 'overtaken', 'deaf', { StopTimeout: 60 });
    const since = clock.now();
    const first = engine.stopContainer(id);
    await clock.sleep(200);
    expect((await engine.inspectContainer(id)).State.Running).toBe(true);
    await engine.stopContainer(id, 0);
    await first;
    expect(clock.now() - since).toBeLessThan(20_000);
    expect((await engine.inspectContainer(id)).State.Running).toBe(false);
  },

  'what ends by itself has its exit code and its last words': async (ground) => {
    const { Id: id } = await run(ground, 'brief', 'brief');
    expect((await becomes(ground, id, exited))?.State).toMatchObject({
      ExitCode: 7,
      Running: false,
      Restarting: false,
    });
    expect(await ground.engine.logs(id, 1)).toBe('last words\n');
    expect(await ground.engine.logs(id, 9)).toBe('first\nlast words\n');
    const lines: string[] = [];
    await ground.engine.followLogs(id, (line) => lines.push(line), new AbortController().signal);
    expect(lines).toEqual(['first', 'last words']);
  },

  'what cannot be started is refused, and has not begun': async (ground) => {
    const id = await create(ground, 'broken', 'broken');
    const refused = await refusedBy(ground.engine.startContainer(id));
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('/no/such/program') });
    expect((await ground.engine.inspectContainer(id)).State).toMatchObject({
      Status: 'created',
      Running: false,
      ExitCode: 127,
    });
  },

  'a restart policy starts again what ends, and counts; a stop ends that': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'always', 'brief', policy('always'));
    await becomes(ground, id, (now) => (now?.RestartCount ?? 0) >= 2);
    const now = await becomes(ground, id, (then) => then?.State.Restarting === true);
    expect(now?.State).toMatchObject({ Status: 'restarting', Running: true, Restarting: true });
    expect((await engine.containers()).find((one) => one.id === id)?.state).toBe('restarting');
    expect((await refusedBy(engine.exec(id, { argv: ['true'], timeoutMs: 5_000 }))).status).toBe(409);
    await engine.stopContainer(id);
    const stopped = await engine.inspectContainer(id);
    expect(stopped.State).toMatchObject({ Status: 'exited', Running: false, Restarting: false });
    await ground.clock.sleep(2_000);
    expect((await engine.inspectContainer(id)).RestartCount).toBe(stopped.RestartCount);
  },

  'on-failure tries so often and no more': async (ground) => {
    const { Id: id } = await run(ground, 'on-failure', 'brief', policy('on-failure', 2));
    const ended = await becomes(ground, id, (now) => exited(now) && now?.RestartCount === 2);
    expect(ended?.HostConfig.RestartPolicy).toEqual({ Name: 'on-failure', MaximumRetryCount: 2 });
    await ground.clock.sleep(1_500);
    expect((await ground.engine.inspectContainer(id)).State.Status).toBe('exited');
  },

  'a start begins the count of restarts anew': async (ground) => {
    const { Id: id } = await run(ground, 'counted', 'brief', policy('on-failure', 1));
    await becomes(ground, id, (now) => exited(now) && now?.RestartCount === 1);
    await ground.engine.updateRestartPolicy(id, { Name: 'no' });
    await ground.engine.startContainer(id);
    expect((await becomes(ground, id, exited))?.RestartCount).toBe(0);
  },

  'what somebody stopped is not started again, and what its policy is can be changed at any time': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'policy', 'idle', policy('unless-stopped'));
    await engine.stopContainer(id);
    await ground.clock.sleep(500);
    expect((await engine.inspectContainer(id)).State.Status).toBe('exited');
    await engine.updateRestartPolicy(id, { Name: 'always' });
    expect((await engine.inspectContainer(id)).HostConfig.RestartPolicy?.Name).toBe('always');
    await engine.updateRestartPolicy(id, { Name: 'no' });
    expect((await engine.inspectContainer(id)).HostConfig.RestartPolicy?.Name).toBe('no');
  },

  'one with --rm is deleted a moment after it has ended, has no restart policy, and may be removed meanwhile': async (
    ground,
  ) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'rm', 'idle', host({ AutoRemove: true }));
    expect(await refusedBy(engine.updateRestartPolicy(id, { Name: 'always' }))).toMatchObject({
      status: 409,
      message: expect.stringContaining('AutoRemove is enabled'),
    });
    await engine.stopContainer(id);
    await becomes(ground, id, (now) => now === undefined);
    const { Id: other } = await run(ground, 'rm', 'idle', host({ AutoRemove: true }));
    await engine.stopContainer(other);
    await engine.removeContainer(other);
    expect(await engine.findContainer(other)).toBeUndefined();
  },

  'a HEALTHCHECK is starting, then healthy, and of one that has ended unhealthy': async (ground) => {
    const { engine } = ground;
    const { Id: id, State: state } = await run(ground, 'well', 'well');
    expect(state.Health?.Status).toBe('starting');
    const well = await becomes(ground, id, (now) => now?.State.Health?.Status === 'healthy');
    expect(well?.State.Health?.FailingStreak).toBe(0);
    await engine.stopContainer(id);
    expect((await engine.inspectContainer(id)).State.Health?.Status).toBe('unhealthy');
    await engine.startContainer(id);
    expect((await engine.inspectContainer(id)).State.Health?.Status).toBe('starting');
    expect((await run(ground, 'unchecked', 'idle')).State.Health).toBeUndefined();
  },

  'a HEALTHCHECK that fails as often as it may makes it unhealthy, with what it said': async (ground) => {
    const { Id: id } = await run(ground, 'sick', 'sick');
    const sick = await becomes(ground, id, (now) => now?.State.Health?.Status === 'unhealthy');
    expect(sick?.State.Running).toBe(true);
    expect(sick?.State.Health?.FailingStreak).toBeGreaterThanOrEqual(2);
    expect(sick?.State.Health?.Log.at(-1)).toMatchObject({ ExitCode: 1, Output: 'no database\n' });
  },

  'a command inside has its outputs, its exit code and its input': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'exec', 'idle');
    const ran = await engine.exec(id, { argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'], timeoutMs: 10_000 });
    expect({ ...ran, stdout: String(ran.stdout), stderr: String(ran.stderr) }).toEqual({
      ...{ exitCode: 3, stdout: 'out\n', stderr: 'err\n' },
    });
    const heard = await engine.exec(id, { argv: ['cat'], stdin: Promise.resolve('told'), timeoutMs: 10_000 });
    expect(String(heard.stdout)).toBe('told');
  },

  'a command that takes too long is given up, and one whose container ends meanwhile ends, too': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'exec-late', 'idle');
    await expect(engine.exec(id, { argv: ['sh', '-c', 'sleep 2'], timeoutMs: 300 })).rejects.toThrow(ExecTimeout);
    const cut = engine.exec(id, { argv: ['sh', '-c', 'sleep 300'], timeoutMs: 60_000 });
    await ground.clock.sleep(300);
    await engine.stopContainer(id);
    expect((await cut).exitCode).toBe(137);
    const refused = await refusedBy(engine.exec(id, { argv: ['cat'], timeoutMs: 5_000 }));
    expect(refused).toMatchObject({ status: 409, message: expect.stringMatching(/is not running/) });
  },

  'files go in and come out, of a container that does not run too, with owner and time': async (ground) => {
    const { engine } = ground;
    const id = await create(ground, 'files', 'idle');
    await engine.putArchive(id, '/tmp', await tar('folder/file', 'content'));
    expect(await read(await engine.getArchive(id, '/tmp/folder/file', 1_048_576))).toEqual({ file: 'content' });
    expect(await read(await engine.getArchive(id, '/tmp/folder', 1_048_576))).toEqual({
      folder: '',
      'folder/file': 'content',
    });
    const [file] = await unpack((await engine.getArchive(id, '/tmp/folder/file', 1_048_576)) ?? Buffer.alloc(0));
    expect(file).toMatchObject({ uid: 7, gid: 8, mtime: new Date(1_700_000_000_000) });
    expect(await engine.stat(id, '/tmp/folder/file')).toEqual({
      ...{ isFile: true, permissions: 0o640, size: 7, modified: 1_700_000_000_000 },
    });
    expect(await engine.stat(id, '/tmp/folder')).toMatchObject({ isFile: false });
    expect(await engine.added(id)).toEqual(['/tmp/folder', '/tmp/folder/file']);
    await engine.putArchive(id, '/tmp', await tar('folder/file', 'other'));
    expect(await read(await engine.getArchive(id, '/tmp/folder/file', 1_048_576))).toEqual({ file: 'other' });
    expect(await engine.containerSize(id)).toBeGreaterThan(0);
  },

  'of an archive, and of what a command writes, comes no more than was asked for': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'bounded', 'idle');
    await engine.putArchive(id, '/tmp', await tar('file', 'x'.repeat(9_000)));
    const refused = await engine.getArchive(id, '/tmp/file', 4_096).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Unreadable);
    expect(String(refused)).toMatch(/Could not read \/tmp\/file in .* longer than the 4 KiB that are taken of it\.$/);
    const said = await engine.exec(id, {
      argv: ['sh', '-c', 'echo out; echo err >&2; exit 3'],
      timeoutMs: 5_000,
      last: 3,
    });
    expect(said.stdout.toString()).toBe('ut\n');
  },

  'what is nowhere is undefined, and nothing is unpacked there': async (ground) => {
    const { engine } = ground;
    const id = await create(ground, 'no-files', 'idle');
    expect(await engine.stat(id, '/no/such/path')).toBeUndefined();
    expect(await engine.getArchive(id, '/no/such/path', 1_048_576)).toBeUndefined();
    expect((await refusedBy(engine.putArchive(id, '/no/such/path', await tar('file', '')))).status).toBe(404);
    expect(await engine.added(id)).toEqual([]);
  },

  'files stay through a stop and a start, and go with their container': async (ground) => {
    const { engine } = ground;
    const { Id: id } = await run(ground, 'lasting', 'idle');
    await engine.putArchive(id, '/tmp', await tar('file', 'content'));
    await engine.stopContainer(id);
    await engine.startContainer(id);
    expect(await read(await engine.getArchive(id, '/tmp/file', 1_048_576))).toEqual({ file: 'content' });
    await engine.removeContainer(id, { force: true });
    const again = await create(ground, 'lasting', 'idle');
    expect(await engine.stat(again, '/tmp/file')).toBeUndefined();
  },

  'an anonymous volume goes with its container where that is asked for, and not else': async (ground) => {
    const { engine } = ground;
    const [kept, gone] = await Promise.all(['volume-kept', 'volume-gone'].map((name) => create(ground, name, 'data')));
    const volumeOf = async (id = '') => {
      const [mount, ...more] = (await engine.inspectContainer(id)).Mounts;
      expect(more).toEqual([]);
      expect(mount).toMatchObject({ Type: 'volume', Destination: '/data', RW: true, Driver: 'local' });
      return mount?.Name ?? '';
    };
    const [keptVolume, goneVolume] = [await volumeOf(kept), await volumeOf(gone)];
    expect(await engine.hasVolume(keptVolume)).toBe(true);
    await engine.removeContainer(kept ?? '');
    await engine.removeContainer(gone ?? '', { volumes: true });
    expect([await engine.hasVolume(keptVolume), await engine.hasVolume(goneVolume)]).toEqual([true, false]);
    // Whoever takes it by its name keeps it.
    const heir = await create(ground, 'volume-heir', 'data', mounted(keptVolume));
    expect(await volumeOf(heir)).toBe(keptVolume);
    await engine.removeContainer(heir, { volumes: true });
    expect(await engine.hasVolume(keptVolume)).toBe(true);
  },

  'a volume that another container has stays, with what is in it: also where --rm would take it along': async (
    ground,
  ) => {
    const { engine } = ground;
    const { Id: old, Mounts: mounts } = await run(ground, 'volume-rm', 'data', host({ AutoRemove: true }));
    await engine.putArchive(old, '/data', await tar('file', 'content'));
    // The place where it is mounted, and nothing that lies in it.
    expect(await engine.added(old)).toEqual(['/data']);
    const heir = await create(ground, 'volume-rm-heir', 'data', mounted(mounts[0]?.Name ?? ''));
    await engine.stopContainer(old);
    await becomes(ground, old, (now) => now === undefined);
    expect(await engine.hasVolume(mounts[0]?.Name ?? '')).toBe(true);
    expect(await read(await engine.getArchive(heir, '/data/file', 1_048_576))).toEqual({ file: 'content' });
  },

  'one with --rm takes its own anonymous volumes along': async (ground) => {
    const { Id: id, Mounts: mounts } = await run(ground, 'volume-lost', 'data', host({ AutoRemove: true }));
    await ground.engine.stopContainer(id);
    await becomes(ground, id, (now) => now === undefined);
    expect(await ground.engine.hasVolume(mounts[0]?.Name ?? '')).toBe(false);
  },

  'what is in memory in the place of a volume makes none': async (ground) => {
    const id = await create(ground, 'volume-none', 'data', host({ Tmpfs: { '/data': '' } }));
    expect((await ground.engine.inspectContainer(id)).Mounts.filter(({ Type: type }) => type === 'volume')).toEqual([]);
  },

  'an image has as many names as it is given, and is found by each and by its id': async (ground) => {
    const { engine, images, named } = ground;
    const { Id: id } = images.idle;
    const name = named('tag').toLowerCase();
    await engine.tagImage(id, `${name}:2`);
    await engine.tagImage(`${name}:2`, name);
    for (const known of [`${name}:2`, name, `${name}:latest`, id]) {
      const found = await engine.findImage(known);
      expect(found?.Id).toBe(id);
      expect(found?.RepoTags).toEqual(expect.arrayContaining([`${name}:2`, `${name}:latest`]));
    }
    await engine.tagImage(images.deaf.Id, `${name}:2`);
    expect((await engine.findImage(`${name}:2`))?.Id).toBe(images.deaf.Id);
    await engine.untagImage(`${name}:2`);
    expect(await engine.findImage(`${name}:2`)).toBeUndefined();
    expect((await engine.findImage(images.deaf.Id))?.Id).toBe(images.deaf.Id);
    expect((await refusedBy(engine.untagImage(`${name}:2`))).status).toBe(404);
    expect((await refusedBy(engine.tagImage('no/such:image', `${name}:2`))).status).toBe(404);
  },

  'a container says by which name its image was asked for, wherever that name goes then': async (ground) => {
    const { engine, images, named } = ground;
    const name = `${named('moving').toLowerCase()}:live`;
    await engine.tagImage(images.idle.Id, name);
    const id = await engine.createContainer(named('moved'), { Image: name });
    await engine.tagImage(images.deaf.Id, name);
    expect(await engine.inspectContainer(id)).toMatchObject({ Image: images.idle.Id, Config: { Image: name } });
  },

  'a container is on a network from when it is connected until it is not': async (ground) => {
    const { engine } = ground;
    const network = await ground.network('net');
    expect(await engine.findNetwork(network)).toMatchObject({ name: network, internal: false });
    const id = await create(ground, 'connected', 'idle');
    const on = async () => Object.keys((await engine.inspectContainer(id)).NetworkSettings.Networks).sort();
    await engine.connectNetwork(network, id, { Aliases: ['alias'] });
    expect(await on()).toEqual(['bridge', network].sort());
    await engine.disconnectNetwork('bridge', id);
    expect(await on()).toEqual([network]);
    await engine.connectNetwork('no-such-network', id, {});
    expect(await refusedBy(engine.startContainer(id))).toMatchObject({ status: 404 });
    const { Id: running } = await run(ground, 'connected-running', 'idle');
    expect(await statusOf(engine.connectNetwork('no-such-network', running, {}))).toBe(404);
  },
};

function mounted(volume: string): ContainerSpec {
  return host({ Mounts: [{ Type: 'volume', Source: volume, Target: '/data' }] });
}
