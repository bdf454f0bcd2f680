import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome, Report } from '../../src/deployment/report.js';
import { exitCodes } from '../../src/report/exit-code.js';
import { startGithub, token } from '../support/github/server.js';
import { report } from './sample.js';

/** The front doors as they are run, over a story whose end each test chooses. */
const story: Plugin = {
  name: 'story',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(deploy|connect)\.js$/ }, ({ path }) => ({ path, namespace: 'story' }));
    onLoad({ filter: /deploy/, namespace: 'story' }, () => ({
      contents: `export async function deploy(inputs, { log, environment }) {
        await log.group('Roll out', async () => log.info('cookie: ' + inputs.cookie));
        log.debug('detail');
        if (environment.FAILS) throw new Error('broken', { cause: new Error(environment.FAILS) });
        return JSON.parse(environment.REPORT);
      }`,
    }));
    onLoad({ filter: /connect/, namespace: 'story' }, () => ({
      contents: 'export const connectEngine = async () => ({});',
    }));
  },
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-doors-'));
  await build({
    entryPoints: ['src/action.ts', 'src/cli.ts'],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
    plugins: [story],
    logLevel: 'error',
  });
});

afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(door: 'action' | 'cli', words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  const options = { env: { REPORT: JSON.stringify(report), ...environment }, cwd: folder };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(folder, `${door}.mjs`), ...words], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const outcomes = Object.keys(exitCodes) as Outcome[];
const ending = (outcome: Outcome): NodeJS.ProcessEnv => ({
  REPORT: JSON.stringify({ ...report, outcome, message: 'What to do.' } satisfies Report),
});

describe('the command line', () => {
  const cli = (words: readonly string[], environment: NodeJS.ProcessEnv = {}) => run('cli', words, environment);
  const plan = ['plan', '--containers', 'kv', '--image', 'kv:2'];

  test.each(outcomes)('%s ends with its own exit code', async (outcome) => {
    expect((await cli(plan, ending(outcome))).code).toBe(exitCodes[outcome]);
  });

  test('a plan that needs a restart ends as refused where `fail-on` is restart, and says which container', async () => {
    const [container] = report.containers;
    const planned = (method: Report['method']) => ({
      REPORT: JSON.stringify({ ...report, outcome: 'planned', containers: [{ ...container, method }] }),
    });
    const restart = await cli([...plan, '--fail-on', 'restart'], planned('recreate'));
    expect(restart).toMatchObject({ code: 1, stderr: expect.stringContaining('kv-1 would be restarted') });
    expect(await cli([...plan, '--fail-on', 'restart'], planned('relup'))).toMatchObject({ code: 0 });
    expect(await cli(plan, planned('recreate'))).toMatchObject({ code: 0 });
  });

  test('the comment is written as a page beside the report with --preview', async () => {
    const { stderr } = await cli([...plan, '--preview', '--report', join(folder, 'p.json')]);
    expect(stderr).toContain(`preview: ${join(folder, 'p.html')}\n`);
    expect(await readFile(join(folder, 'p.html'), 'utf8')).toContain('<strong>Deployed 0.1.0 → 0.2.0 hot');
  });

  test('progress goes to stderr, and the result alone to stdout', async () => {
    const { stdout, stderr } = await cli(plan);
    expect(stdout).toMatch(/^Deployed 0\.1\.0 → 0\.2\.0 hot/);
    expect(stderr).toMatch(/^Roll out\ncookie: undefined\nRoll out: [\d.]+ ms\n$/);
  });

  test('the report is written, and printed where it is asked for', async () => {
    const { stdout } = await cli([...plan, '--json', '-', '--report', 'deep/r.json']);
    expect(JSON.parse(stdout)).toEqual(report);
    expect(JSON.parse(await readFile(join(folder, 'deep/r.json'), 'utf8'))).toEqual(report);
  });

  test('the report that is printed in a job holds no command of its runner', async () => {
    const hostile = { ...report, message: '##[error]not ours' };
    const { stdout } = await cli([...plan, '--json', '-'], { REPORT: JSON.stringify(hostile), GITHUB_ACTIONS: 'true' });
    expect(stdout).not.toContain('##[');
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  test('a report that can not be written changes nothing about what was deployed', async () => {
    const { code, stderr } = await cli([...plan, '--report', '/dev/full']);
    expect(code).toBe(0);
    expect(stderr).toContain('warning: The report could not be written to /dev/full.');
  });

  test('a report for which there can be no folder is refused before anything runs', async () => {
    const { code, stdout, stderr } = await cli([...plan, '--report', 'cli.mjs/r.json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^hot-deploy: `report` cannot be written to cli\.mjs\/r\.json: [^\n]*\n$/);
  });

  test('wrong usage is told before anything runs', async () => {
    const { code, stdout, stderr } = await cli(['plan', '--containers', 'kv', '--image', 'kv:2', '--soak', 'long']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('hot-deploy: `soak` is "long". Allowed: a duration such as `250ms`, `10s`, `5m`.\n');
  });

  test('what nobody expected is told with its cause', async () => {
    const { code, stderr } = await cli(plan, { FAILS: 'the disk is full' });
    expect(code).toBe(4);
    expect(stderr).toContain('hot-deploy: broken\n  because: the disk is full\n');
  });

  test('a cookie is never printed, not even by an error', async () => {
    const { stderr } = await cli([...plan, '--cookie', 'hunter2'], { FAILS: 'cookie hunter2 was refused' });
    expect(stderr).toContain('cookie: ***\n');
    expect(stderr).toContain('because: cookie *** was refused');
  });

  test('help and version', async () => {
    expect(await cli(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Usage: hot-deploy COMMAND/),
    });
    expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('detail is printed with --debug', async () => {
    expect((await cli([...plan, '--debug'])).stderr).toContain('\ndetail\n');
  });
});

describe('the Action', () => {
  async function action(environment: NodeJS.ProcessEnv = {}) {
    const [outputs, summary] = [join(folder, 'outputs'), join(folder, 'summary')];
    await Promise.all([outputs, summary].map((file) => writeFile(file, '')));
    const ended = await run('action', [], {
      INPUT_CONTAINERS: 'kv',
      INPUT_IMAGE: 'kv:2',
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: outputs,
      GITHUB_STEP_SUMMARY: summary,
      ...environment,
    });
    return { ...ended, outputs: await readFile(outputs, 'utf8'), summary: await readFile(summary, 'utf8') };
  }

  test.each(outcomes)('%s fails the job exactly where the previous version or nothing serves', async (outcome) => {
    const { code, stdout } = await action(ending(outcome));
    expect(code).toBe(exitCodes[outcome] === 0 ? 0 : 1);
    expect(stdout).toMatch(exitCodes[outcome] === 0 ? /^::notice::.* What to do\.$/m : /^::error::.* What to do\.$/m);
  });

  test('outputs, summary and report are written', async () => {
    const { outputs, summary } = await action();
    expect(outputs).toMatch(/^outcome<<(\S+)\ndeployed\n\1$/m);
    expect(summary).toMatch(/^✅ \*\*Deployed/);
    expect(JSON.parse(await readFile(join(folder, 'hot-deploy/report.json'), 'utf8'))).toEqual(report);
  });

  test('a report that can not be written is a warning, and the outputs are there', async () => {
    const { code, stdout, outputs } = await action({ INPUT_REPORT: '/dev/full' });
    expect(code).toBe(0);
    expect(stdout).toContain('::warning::The report could not be written to /dev/full.');
    expect(outputs).toContain('deployed');
  });

  test('a code_change that is missing is shown beside its file', async () => {
    await writeFile(join(folder, 'kv_store.erl'), '-module(kv_store).\n');
    const reason = { code: 'state-shape-changed', subject: 'kv_store', message: 'Write one.', blocks: ['relup'] };
    const { stdout } = await action({ REPORT: JSON.stringify({ ...report, reasons: [reason] }) });
    expect(stdout).toContain('::warning title=A code_change is missing,file=kv_store.erl,line=1::Write one.');
  });

  test('what could not be written to GitHub is one notice, and the verdict stands', async () => {
    const github = await startGithub();
    try {
      github.trouble = () => ({ status: 403, body: { message: 'Resource not accessible by integration' } });
      const { code, stdout, summary } = await action({
        'INPUT_GITHUB-TOKEN': token,
        GITHUB_API_URL: github.url,
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REPOSITORY: 'acme/shop',
        GITHUB_SHA: 'c0ffee0000000000000000000000000000000000',
      });
      expect(code).toBe(0);
      expect(summary).toMatch(/^✅ \*\*Deployed/);
      const [unwritten, ...more] = stdout.split('\n').filter((line) => /^::notice::.*could not be written/.test(line));
      expect(more).toEqual([]);
      expect(unwritten).toMatch(/The deployment could not be written: .*The comment on the pull request could not be/);
    } finally {
      await github.close();
    }
  });

  test('an input that does not exist fails the job before anything runs', async () => {
    const { code, stdout } = await action({ INPUT_CONTAINER: 'kv' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error::There is no input `container`\./);
  });

  test('a cookie is handed to the runner before anything is printed', async () => {
    const { stdout } = await action({ INPUT_COOKIE: 'hunter2' });
    expect(stdout).toMatch(/^::add-mask::hunter2\n/);
  });

  test('what nobody expected fails the job with its cause', async () => {
    const { code, stdout, summary } = await action({ FAILS: 'the disk is full\n``` </details>' });
    expect(code).toBe(1);
    expect(stdout).toContain('::error::broken%0A  because: the disk is full');
    expect(summary).toBe(
      '❌ **Ended by an error, without a report.**\n\n````text\nbroken\n  because: the disk is full\n``` </details>\n````\n',
    );
  });
});
