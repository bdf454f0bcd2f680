import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Build, buildImage } from '../../src/engines/build.js';
import { builderOf } from '../../src/engines/builder.js';
import type { Log } from '../../src/system/log.js';
import { openWorkbench, type Workbench } from './workbench.js';

/** Each docker command line of this machine: they differ in how they build. */
const paths = (process.env['PATH'] ?? '').split(delimiter);
const commandLines = [
  ...new Set(paths.filter((folder) => existsSync(join(folder, 'docker'))).map((path) => realpathSync(path))),
];

let bench: Workbench;
let context: string;
let lines: string[];
beforeAll(async () => {
  bench = await openWorkbench();
  context = await mkdtemp(join(tmpdir(), 'context with spaces-'));
  await mkdir(join(context, 'other'));
  await writeFile(join(context, 'file'), 'content');
  const dockerfile = [
    'FROM debian:bookworm-slim AS base',
    `LABEL hot-deploy.test=${bench.prefix}`,
    'ARG GREETING',
    'ARG NUMBER=0',
    'COPY file /file',
    'RUN echo "said $GREETING $NUMBER" | tee /greeting',
    'FROM base AS last',
    'RUN echo "about to fail" >&2 && exit 9',
  ];
  await writeFile(join(context, 'Dockerfile'), dockerfile.join('\n'));
  await writeFile(join(context, 'other', 'Dockerfile.other'), dockerfile.slice(0, 2).join('\n'));
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await bench?.clear();
  if (context) await rm(context, { recursive: true });
});

const log: Log = {
  info: (line) => lines.push(line),
  output: (line) => lines.push(line),
  warning: () => undefined,
  debug: () => undefined,
  group: (_, work) => work(),
};

const build = (wanted: Omit<Build, 'context'>) => {
  lines = [];
  return buildImage(bench.engine, { context, ...wanted }, { log, environment: process.env });
};

describe.each(commandLines)('with the docker command line in %s', (folder) => {
  const choose = () => vi.stubEnv('PATH', [folder, ...paths].join(delimiter));

  it('an image is built with arguments, target and labels, and its progress is shown', async () => {
    choose();
    const id = await build({
      buildArgs: [`GREETING=hello 'world' $HOME; ${folder}`, 'NUMBER=7'],
      target: 'base',
      labels: { 'org.example': 'a=b c', 'hot-deploy.test': bench.prefix },
    });
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    const image = await bench.engine.findImage(id);
    expect(image).toMatchObject({ Id: id, Config: { Labels: { 'org.example': 'a=b c' } } });
    const { Id: container } = await bench.run(`built-${commandLines.indexOf(folder)}`, id, 'sleep', 'infinity');
    const greeting = await bench.engine.exec(container, { argv: ['cat', '/greeting'], timeoutMs: 10_000 });
    expect(greeting.stdout.toString()).toBe(`said hello 'world' $HOME; ${folder} 7\n`);
    expect(lines.join('\n')).toContain("said hello 'world'");
    console.log(folder, (await builderOf(process.env)).kind);
  });

  it('no name moves, neither before nor after', async () => {
    choose();
    const id = await build({ target: 'base', buildArgs: ['NUMBER=8'] });
    expect((await bench.engine.findImage(id))?.RepoTags ?? []).toEqual([]);
  });

  it('a Dockerfile may lie elsewhere', async () => {
    choose();
    const id = await build({ dockerfile: join(context, 'other', 'Dockerfile.other') });
    expect((await bench.engine.history(id)).every((layer) => !layer.createdBy.includes('COPY'))).toBe(true);
  });

  it('a failure is one sentence, with the end of the output beside it', async () => {
    choose();
    await expect(build({})).rejects.toMatchObject({
      message: expect.stringMatching(
        /^docker build of .*context with spaces.* ended with exit code \d+; nothing was deployed\.$/,
      ),
      output: expect.arrayContaining([expect.stringContaining('about to fail')]),
    });
    await expect(build({ target: 'base', dockerfile: '/no/such/Dockerfile' })).rejects.toThrow(
      /ended with exit code \d+/,
    );
  });
});

describe('without a docker command line', () => {
  it('that is said, and what to do', async () => {
    vi.stubEnv('PATH', context);
    await expect(build({ target: 'base' })).rejects.toThrow(
      /needs the docker command line, .*: install it, or give an image .* `build: false`/,
    );
  });
});
