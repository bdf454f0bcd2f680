import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../src/engines/connect.js';
import type { Engine } from '../../src/engines/engine.js';
import { idle, openWorkbench, type Workbench } from '../engines/workbench.js';
import { type EngineProxy, openProxy } from '../support/faults/proxy.js';
import { archiveOf } from '../support/faults/tar.js';

let bench: Workbench;
let container: string;
let proxy: EngineProxy;
let engine: Engine;
beforeAll(async () => {
  bench = await openWorkbench();
  const { Id } = await bench.image('proxied', idle);
  container = (await bench.run('proxied', Id)).Id;
});
afterAll(() => bench?.clear());
beforeEach(async () => {
  proxy = await openProxy();
  engine = await connectEngine({ DOCKER_HOST: proxy.address });
  proxy.arm();
});
afterEach(() => proxy.close());

const run = (argv: readonly string[], stdin?: string) =>
  engine.exec(container, { argv, timeoutMs: 10_000, ...(stdin !== undefined && { stdin }) });

describe('the proxy before an engine', () => {
  it('passes an exec on: its input, its two outputs, and how it ended', async () => {
    const text = randomBytes(100_000).toString('hex');
    const { stdout, stderr, exitCode } = await run(['sh', '-c', 'cat; echo error >&2; exit 7'], text);
    expect([stdout.toString() === text, stderr.toString(), exitCode]).toEqual([true, 'error\n', 7]);
    expect(proxy.seen.map(({ method, path, nth }) => `${method} ${path} ${nth}`)).toEqual(
      expect.arrayContaining(['POST /containers/*/exec 1', 'POST /exec/*/start 1', 'GET /exec/*/json 1']),
    );
  });

  it('passes on archives that are larger than what it looks at', async () => {
    const content = randomBytes(3 << 20);
    await engine.putArchive(container, '/', archiveOf('large', content));
    const back = await engine.getArchive(container, '/large', 8 << 20);
    expect(back?.subarray(512, 512 + content.length).equals(content)).toBe(true);
  });

  it("knows a journal's entry by the file that is put", async () => {
    await engine.putArchive(
      container,
      '/',
      archiveOf('journal-0123456789ab/000001-bring-back.json', Buffer.from('{}')),
    );
    await engine.putArchive(container, '/', archiveOf('heartbeat-0123456789ab', Buffer.from('1')));
    expect(proxy.seen).toEqual([
      { method: 'PUT', path: '/containers/*/archive', target: container, nth: 1, journal: 'bring-back' },
    ]);
  });

  it('loses an answer, and what was asked was done', async () => {
    proxy.arm({
      meant: ({ path }) => path === '/containers/*/rename',
      when: 'after',
      strike: () => undefined,
      loses: 'answer',
    });
    await expect(engine.renameContainer(container, `${bench.prefix}-other`)).rejects.toThrow(/could not rename/);
    expect((await engine.inspectContainer(container)).Name).toBe(`/${bench.prefix}-other`);
  });

  it('cuts the network before the engine hears of it, and lets everybody in again later', async () => {
    proxy.arm({
      meant: ({ path }) => path === '/containers/*/rename',
      when: 'before',
      strike: (_, { cut }) => cut(300),
    });
    await expect(engine.renameContainer(container, `${bench.prefix}-never`)).rejects.toThrow(/could not rename/);
    await expect(engine.containers()).rejects.toThrow(/could not list/);
    await new Promise((done) => setTimeout(done, 300));
    expect((await engine.inspectContainer(container)).Name).not.toContain('never');
  });

  it('holds the end of an exec back until what is to happen has happened', async () => {
    let seen = '';
    const meant = ({ path }: { readonly path: string }) => path === '/exec/*/start';
    proxy.arm({
      meant,
      when: 'after',
      strike: async () => {
        seen = await bench.docker('exec', container, 'cat', '/done');
      },
    });
    expect((await run(['sh', '-c', 'sleep 0.3; echo done >/done; echo out'])).stdout.toString()).toBe('out\n');
    expect(seen).toBe('done');
  });
});
