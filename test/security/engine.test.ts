import { afterEach, describe, expect, it } from 'vitest';
import { Kept } from '../../src/engines/bounded.js';
import { caller, EngineError, Unreadable } from '../../src/engines/call.js';
import { frameReader } from '../../src/engines/frames.js';
import { endless, frame, type HostileEngine, hostileEngine, json, memory, trickling } from './hostile.js';

const megabyte = 1_048_576;
const open: HostileEngine[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function engineOf(answers: Parameters<typeof hostileEngine>[0]): Promise<HostileEngine> {
  const hostile = await hostileEngine(answers);
  open.push(hostile);
  return hostile;
}

/** What an endless answer ends with, once there was enough of it. */
async function given({ engine, taken }: HostileEngine, ask: (of: HostileEngine['engine']) => Promise<unknown>) {
  let error: unknown;
  const more = await memory(async () => {
    error = await ask(engine).catch((reason: unknown) => reason);
  });
  expect(more).toBeLessThan(200 * megabyte);
  expect(taken()).toBeLessThan(90 * megabyte);
  return error;
}

const id = 'a'.repeat(64);
const made = { 'POST /containers/': json({ Id: 'e' }), 'GET /exec/e/json': json({ Running: false, ExitCode: 0 }) };
const inspected = { Config: { Image: 'app', Hostname: 'web', Tty: false }, HostConfig: {}, NetworkSettings: {} };
const dates = { StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' };
const flags = { Running: true, Paused: false, Restarting: false, OOMKilled: false, Dead: false };
const container = {
  ...{ Id: id, Name: '/web', Image: 'sha256:1', Created: dates.StartedAt, RestartCount: 0, ...inspected },
  State: { Status: 'running', ExitCode: 0, ...dates, ...flags },
};

describe('an answer without an end', () => {
  it.each([
    ['the list of containers', 'GET /containers/json', 'list containers', 'containers'],
    ['what was added to one', `GET /containers/${id}/changes`, 'list what was added to container', 'added'],
    ['an image', `GET /images/${id}/json`, 'inspect image', 'findImage'],
  ] as const)('is given up: %s', async (_, path, what, call) => {
    const hostile = await engineOf({ [path]: endless('[', '{"a":[1,2,3]},') });
    const error = await given(hostile, (engine) => engine[call](id));
    expect(error).toBeInstanceOf(Unreadable);
    expect(String(error)).toMatch(new RegExp(`Could not ${what}.*longer than the 32 MiB that are taken of it`));
  });

  it('is given up: the archive of a path, such as a sparse file of gigabytes', async () => {
    const hostile = await engineOf({ [`GET /containers/${id}/archive`]: endless('', Buffer.alloc(4_096)) });
    const error = await given(hostile, (engine) => engine.getArchive(id, '/sparse', megabyte));
    expect(String(error)).toMatch(/Could not read \/sparse in container a+: the answer is longer than the 1 MiB/);
    expect(hostile.taken()).toBeLessThan(10 * megabyte);
  });

  it.each([
    ['what a command writes', 'x'.repeat(60_000)],
    ['the frames of what it never writes', ''],
  ])('is given up: %s', async (_, written) => {
    const frames = Buffer.concat(Array.from({ length: written === '' ? 8_000 : 1 }, () => frame(written)));
    const hostile = await engineOf({ ...made, 'POST /exec/e/start': endless('', frames) });
    const error = await given(hostile, (engine) => engine.exec(id, { argv: ['sh'], timeoutMs: 60_000 }));
    expect(String(error)).toMatch(/Could not run sh in .* longer than the 32 MiB/);
  });

  it('takes no more room than its bytes where each comes alone', async () => {
    const kept = new Kept(megabyte);
    const read = frameReader((bytes) => kept.add(bytes));
    const more = await memory(async () => {
      expect(() => {
        for (const output = frame('x'); ; ) read(output);
      }).toThrow('longer than the 1 MiB');
    });
    expect(more).toBeLessThan(50 * megabyte);
    expect(kept.bytes().length).toBe(megabyte);
  });

  it('of which only the end is wanted is dropped, and so is what a frame of four gigabytes claims', async () => {
    const whole = Buffer.concat([...Array.from({ length: 2_000 }, () => frame('x'.repeat(9_000))), frame('the end')]);
    const hostile = await engineOf({
      ...made,
      'POST /exec/e/start': (stream) => stream.end(Buffer.concat([whole, frame('!', 2 ** 32 - 1)])),
    });
    let said = '';
    const more = await memory(async () => {
      const { stdout } = await hostile.engine.exec(id, { argv: ['check'], timeoutMs: 20_000, last: 8 });
      said = stdout.toString();
    });
    expect(said).toBe('the end!');
    expect(more).toBeLessThan(120 * megabyte);
  });

  it('of a log leaves its end, and no more, however long its lines are', async () => {
    const hostile = await engineOf({
      [`GET /containers/${id}/json`]: json(container),
      [`GET /containers/${id}/logs`]: (response) => {
        for (let at = 0; at < 400; at += 1) response.write(frame('x'.repeat(100_000)));
        response.end(frame('the end'));
      },
    });
    const log = await hostile.engine.logs(id, 20);
    expect(log.endsWith('xthe end')).toBe(true);
    expect(log.length).toBeLessThanOrEqual(65_536);
  });

  it('of a command whose output is followed ends the following, and is told', async () => {
    const hostile = await engineOf({ [`GET /containers/${id}/logs`]: endless('', frame('a line\n')) });
    let lines = 0;
    const signal = new AbortController().signal;
    const error = await given(hostile, (engine) => engine.followLogs(id, () => lines++, signal));
    expect(String(error)).toMatch(/Could not follow the logs of .* longer than the 4 MiB/);
    expect(lines).toBeGreaterThan(1_000);
  });

  it('of an error is an error all the same', async () => {
    const hostile = await engineOf({
      'GET /containers/json': (response, ...rest) => {
        if ('writeHead' in response) response.writeHead(500);
        endless('{"message":"', 'x')(response, ...rest);
      },
    });
    expect(await given(hostile, (engine) => engine.containers())).toBeInstanceOf(EngineError);
    expect(hostile.taken()).toBeLessThan(10 * megabyte);
  });
});

describe('an answer that comes in drops', () => {
  it('is given up in time: of a command', async () => {
    const hostile = await engineOf({ ...made, 'POST /exec/e/start': trickling(frame('')) });
    const since = performance.now();
    await expect(hostile.engine.exec(id, { argv: ['sh'], timeoutMs: 300 })).rejects.toBeInstanceOf(Unreadable);
    expect(performance.now() - since).toBeLessThan(3_000);
  });

  it('is one that cannot be read, where a container decides how long it takes', async () => {
    const never = new Promise<never>(() => undefined);
    const read = caller('unix:///d.sock')('read /fifo in container web', () => never, { timeoutMs: 20, reads: true });
    await expect(read).rejects.toBeInstanceOf(Unreadable);
    await expect(read).rejects.toThrow('Could not read /fifo in container web within 0.02 s.');
  });
});

describe('what an engine answers', () => {
  it.each([
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['JSON of another shape', '{"Id":7}'],
    ['a container without a state', JSON.stringify({ ...container, State: null })],
    ['a container whose labels are no text', JSON.stringify({ ...container, Config: { Labels: { a: [] } } })],
    ['a date that is none', JSON.stringify({ ...container, Created: 'yesterday' })],
    ['lists in lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('is refused in a sentence where it is %s', async (_, answer) => {
    const hostile = await engineOf({ [`GET /containers/${id}/json`]: (response) => response.end(answer) });
    const error = await hostile.engine.inspectContainer(id).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toMatch(/could not inspect container a+: what it answered is no container\.$/);
  });

  it.each([
    ['containers', 'GET /containers/json', [{ Id: id, Names: 'web' }]],
    ['added', `GET /containers/${id}/changes`, { Path: '/app' }],
    ['findImage', `GET /images/${id}/json`, { Id: id, RootFS: 7 }],
  ] as const)('is refused in a sentence where it is of another shape: %s', async (call, path, answer) => {
    const hostile = await engineOf({ [path]: json(answer) });
    const error = await hostile.engine[call](id).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toMatch(/: what it answered is (?:none of what an engine answers|no image)\.$/);
  });

  it('may be null where there is nothing', async () => {
    const nothing = { Config: { ...inspected.Config, Labels: null, Env: null }, Mounts: null };
    const bare = { ...container, ...nothing, NetworkSettings: { Networks: null } };
    const hostile = await engineOf({
      [`GET /containers/${id}/json`]: json(bare),
      [`GET /containers/${id}/changes`]: json(null),
    });
    const found = await hostile.engine.inspectContainer(id);
    expect([found.Config.Labels, found.Mounts, found.NetworkSettings.Networks]).toEqual([{}, [], {}]);
    expect(await hostile.engine.added(id)).toEqual([]);
  });

  it('leads nowhere else: it is no redirection', async () => {
    const hostile = await engineOf({
      'GET /containers/json': (response) => {
        if ('writeHead' in response) response.writeHead(307, { location: 'http://127.0.0.1:1/stolen' }).end();
      },
    });
    await expect(hostile.engine.containers()).rejects.toThrow(/status 307/);
  });

  it.each(['../containers/victim', 'a/../../containers/victim', '', '.', 'a//b'])(
    'is never asked by a name that leads elsewhere: %j',
    async (name) => {
      const hostile = await engineOf({});
      expect(await hostile.engine.findImage(name)).toBeUndefined();
      await expect(hostile.engine.untagImage(name)).rejects.toMatchObject({ status: 404 });
      await hostile.engine.removeContainer(name, { force: true });
      expect(hostile.asked).toEqual([]);
    },
  );

  it('is asked by a name as it is, whatever is in it', async () => {
    const hostile = await engineOf({});
    expect(await hostile.engine.findImage('registry:5000/team/shop:1.0?force=1#x')).toBeUndefined();
    expect(hostile.asked).toEqual(['GET /images/registry:5000/team/shop:1.0%3Fforce=1%23x/json'.replace('=', '%3D')]);
  });
});
