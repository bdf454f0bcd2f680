import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../src/engines/call.js';
import { connectEngine } from '../../src/engines/connect.js';
import { removeStale } from '../../src/engines/throw-away.js';
import type { Log } from '../../src/system/log.js';
import { idle, openWorkbench, type Workbench } from './workbench.js';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
  await bench.image('idle', 'LABEL number=1', idle);
});
afterAll(() => bench?.clear());

const tarOf = (files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
};

describe('the engine', () => {
  it('is told to the docker command line as it was found', async () => {
    expect(bench.engine.address).toBe(process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock');
    expect(bench.engine.cliEnvironment).toMatchObject({ DOCKER_HOST: bench.engine.address });
    expect(bench.engine.host).not.toBe('');
  });

  it('that is not there is one sentence that says what to do', async () => {
    await expect(connectEngine({ DOCKER_HOST: 'unix:///no/such.sock' })).rejects.toThrow(
      'No Docker engine answers at unix:///no/such.sock: there is no such socket; start Docker, or set DOCKER_HOST to where it listens.',
    );
    await expect(connectEngine({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).rejects.toThrow(
      /tcp:\/\/127.0.0.1:1: nothing listens there; start/,
    );
  });
});

describe('containers', () => {
  it('are found by their exact name, their id or a short id, and never by a part of one', async () => {
    const { engine, prefix } = bench;
    const { Id: id } = await bench.run('found', `${prefix}-idle`);
    for (const known of [`${prefix}-found`, id, id.slice(0, 12)])
      expect((await engine.findContainer(known))?.Id).toBe(id);
    for (const unknown of [`${prefix}-foun`, id.slice(0, 6), 'no-such'])
      expect(await engine.findContainer(unknown)).toBeUndefined();
    await expect(engine.inspectContainer(id.slice(0, 6))).rejects.toThrow(/could not inspect container .*404/);
  });

  it('are listed with their names, labels and networks, the stopped ones too', async () => {
    const { Id: id } = await bench.run(
      'listed',
      '--label',
      'a=b=c',
      '--network',
      'none',
      `${bench.prefix}-idle`,
      'true',
    );
    const listed = (await bench.engine.containers()).find((one) => one.id === id);
    expect(listed).toMatchObject({
      names: [`${bench.prefix}-listed`],
      networkMode: 'none',
      labels: { a: 'b=c', number: '1' },
    });
  });

  it('of a run that was killed are removed by a later one, and those of a run that goes on are left alone', async () => {
    const { engine, prefix } = bench;
    const log: Log = {
      info: () => {},
      output: () => {},
      warning: () => {},
      debug: () => {},
      group: (_, work) => work(),
    };
    const { Id: ours } = await bench.run(
      'stale',
      '--label',
      'hot-deploy.role=rehearsal',
      '--label',
      'hot-deploy.run=gone',
      '--label',
      'hot-deploy.nonce=n',
      `${prefix}-idle`,
    );
    const { Id: other } = await bench.run('kept', `${prefix}-idle`);

    const known = async () => [{ run: 'gone', nonce: 'n' }];
    await removeStale(
      engine,
      log,
      () => false,
      async () => [],
    );
    expect(await engine.findContainer(ours)).toBeDefined();

    // Of all that are marked, only this test's own are shown to it, and one as if it were older.
    const own = {
      ...engine,
      containers: async () =>
        (await engine.containers())
          .filter(({ id }) => [ours, other].includes(id))
          .map((each) => (each.id === ours ? { ...each, createdAt: each.createdAt - 3 * 3_600_000 } : each)),
    };
    await removeStale(own, log, () => false, known);
    expect(await engine.findContainer(ours)).toBeUndefined();
    expect(await engine.findContainer(other)).toBeDefined();
  });

  it('that are so already are so', async () => {
    const { engine } = bench;
    const { Id: id } = await bench.run('already', `${bench.prefix}-idle`);
    await engine.startContainer(id);
    await engine.stopContainer(id);
    await engine.stopContainer(id);
    await engine.removeContainer(id);
    await engine.removeContainer(id);
    await expect(engine.startContainer(id)).rejects.toThrow(EngineError);
  });

  it('are stopped within their own stop timeout, or the one that is given', async () => {
    const deaf = ['sh', '-c', "trap '' TERM; sleep infinity & wait; wait"];
    const { Id: id } = await bench.run('deaf', '--stop-timeout', '1', `${bench.prefix}-idle`, ...deaf);
    const since = performance.now();
    await bench.engine.stopContainer(id);
    expect(performance.now() - since).toBeGreaterThan(900);
    expect(performance.now() - since).toBeLessThan(5_000);
    await bench.engine.startContainer(id);
    await bench.engine.stopContainer(id, 0);
    expect((await bench.engine.inspectContainer(id)).State.ExitCode).toBe(137);
  });

  it('with --rm may be removed while the engine does so itself', async () => {
    const { Id: id } = await bench.run('rm', '--rm', `${bench.prefix}-idle`);
    await bench.engine.stopContainer(id);
    await bench.engine.removeContainer(id);
    expect(await bench.engine.findContainer(id)).toBeUndefined();
  });

  it('of a name that is taken are refused in a sentence, and the environment is not in it', async () => {
    const { engine, prefix } = bench;
    await bench.run('taken', `${prefix}-idle`);
    const spec = { Image: `${prefix}-idle`, Env: ['PASSWORD=hunter2'] };
    const refused = engine.createContainer(`${prefix}-taken`, spec).catch((error: unknown) => error);
    expect(await refused).toMatchObject({
      status: 409,
      message: expect.stringMatching(/could not create container .*already in use/),
    });
    const { stack, cause } = (await refused) as Error;
    expect(`${stack}${JSON.stringify(cause)}${String(cause)}`).not.toContain('hunter2');
    await expect(engine.createContainer(`${prefix}-none`, { Image: 'no:such' })).rejects.toThrow(
      /No such image: no:such/,
    );
  });

  it('may have an environment larger than any address could hold', async () => {
    const { engine, prefix } = bench;
    const large = `LARGE=${'x'.repeat(2_000_000)}`;
    const id = await engine.createContainer(`${prefix}-large`, { Image: `${prefix}-idle`, Env: [large] });
    expect((await engine.inspectContainer(id)).Config.Env).toContain(large);
    await engine.removeContainer(id);
  });

  it.each([[], ['--tty']])('have a log of both outputs in order %s', async (...flags) => {
    const script = 'echo {}; sleep 0.1; echo two >&2; sleep 0.1; echo three';
    const { Id: id } = await bench.run(`log${flags.length}`, ...flags, `${bench.prefix}-idle`, 'sh', '-c', script);
    await expect.poll(async () => (await bench.engine.inspectContainer(id)).State.Running).toBe(false);
    expect((await bench.engine.logs(id, 2)).replaceAll('\r', '')).toBe('two\nthree\n');
    expect((await bench.engine.logs(id, 9)).replaceAll('\r', '')).toBe('{}\ntwo\nthree\n');
  });

  it('with a terminal have a log, were it one line of JSON', async () => {
    const { Id: id } = await bench.run('json', '--tty', `${bench.prefix}-idle`, 'printf', '{"a":1}');
    await expect.poll(async () => (await bench.engine.inspectContainer(id)).State.Running).toBe(false);
    expect(await bench.engine.logs(id, 9)).toBe('{"a":1}');
  });
});

describe('archives', () => {
  it('go in and come out, into containers that do not run too', async () => {
    const { engine, prefix } = bench;
    const id = await engine.createContainer(`${prefix}-archive`, { Image: `${prefix}-idle` });
    const content = Buffer.alloc(100_000, 'beam');
    const tar = await tarOf({ 'release/file': content });
    const since = performance.now();
    await engine.putArchive(id, '/tmp', tar);
    console.log(`putArchive of ${tar.length} bytes: ${(performance.now() - since).toFixed(1)} ms`);
    expect((await engine.getArchive(id, '/tmp/release/file', 1_048_576))?.includes(content)).toBe(true);
    expect(await engine.getArchive(id, '/no/such/path', 1_048_576)).toBeUndefined();
    await expect(engine.putArchive(id, '/no/such/path', tar)).rejects.toThrow(
      /unpack \d+ bytes at \/no\/such\/path .*404/,
    );
    await engine.removeContainer(id);
    await expect(engine.getArchive(id, '/tmp', 1_048_576)).rejects.toThrow(/No such container/);
  });
});

describe('images', () => {
  it('are found by name and id, have a history, and take names', async () => {
    const { engine, prefix } = bench;
    const image = await engine.findImage(`${prefix}-idle`);
    expect(image?.Config.Labels).toMatchObject({ number: '1' });
    expect(await engine.findImage('no:such')).toBeUndefined();
    expect((await engine.history(`${prefix}-idle`)).map((layer) => layer.createdBy)).toContainEqual(
      expect.stringContaining('LABEL number=1'),
    );
    for (const [name, full] of [
      [`${prefix}-other:2`],
      [`localhost:5000/${prefix}`, `localhost:5000/${prefix}:latest`],
    ] as const) {
      await engine.tagImage(image?.Id ?? '', name);
      expect((await engine.findImage(full ?? name))?.RepoTags).toContain(full ?? name);
    }
  });
});
