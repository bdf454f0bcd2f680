import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runAction } from '../world/action.js';
import { type Contexts, holds, interpolate } from './expression.js';
import { inPlaceOf, path, published, type Runner, variables } from './runner.js';
import { type Action, type Happening, type Job, readWorkflow, type Step, type Workflow } from './workflow.js';

/** Reads the workflow itself, and runs the bundled Action as GitHub's runner does. */
export const harness: Runner = {
  name: "the project's own harness on Node 24",
  run: async (file, happening, shop, github) => {
    const workflow = await readWorkflow(join(shop.workflows, file));
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-runner-'));
    const payload = join(folder, 'event.json');
    await writeFile(payload, JSON.stringify(happening.payload));
    try {
      const set = { ...variables(happening, shop, github), GITHUB_EVENT_PATH: payload };
      const environment = { ...set, HOT_DEPLOY_TEST_ORIGIN: shop.folder, PATH: path() };
      return (await runJobs(workflow, happening, folder, environment)) ? 0 : 1;
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

type Environment = Readonly<Record<string, string>>;

async function runJobs(workflow: Workflow, happening: Happening, folder: string, environment: Environment) {
  const { name, concurrency, jobs } = workflow;
  if (!isStartedBy(workflow, happening)) throw new Error(`${name} is not started by ${happening.event}`);
  const contexts = { github: githubOf(happening, environment), inputs: inputsOf(workflow, happening) };
  const group = typeof concurrency === 'object' ? concurrency.group : concurrency;
  if (group !== undefined && !interpolate(group, contexts)) throw new Error(`${name} has a group without a name`);
  const needs: Record<string, { result: string; outputs: object }> = {};
  for (const [id, job] of Object.entries(jobs)) {
    if (job.needs !== undefined && needs[job.needs] === undefined) throw new Error(`${id} needs what is not there yet`);
    const known = { ...contexts, needs };
    const isReady = job.needs === undefined || needs[job.needs]?.result === 'success';
    needs[id] =
      isReady && (job.if === undefined || holds(job.if, known))
        ? await runJob(job, known, join(folder, id), environment)
        : { result: 'skipped', outputs: {} };
  }
  return Object.values(needs).every(({ result }) => result !== 'failure');
}

function isStartedBy({ on }: Workflow, { event, ref }: Happening): boolean {
  const trigger = on[event];
  if (trigger === undefined) return false;
  const { branches } = trigger ?? {};
  return branches === undefined || branches.some((branch) => ref === `refs/heads/${branch}`);
}

function githubOf({ event, commit, ref, payload }: Happening, environment: Environment) {
  const { GITHUB_REPOSITORY: repository, GITHUB_ACTOR: actor, token } = environment;
  return { event: payload, event_name: event, sha: commit, ref, repository, actor, token, run_attempt: '1' };
}

/** All that the file names, since those of another trigger may be asked for, too; they are nothing then. */
function inputsOf({ on }: Workflow, { event, payload }: Happening): Record<string, unknown> {
  const given = Object(payload['inputs']) as Record<string, string>;
  const all = Object.values(on).flatMap((trigger) => Object.keys(trigger?.inputs ?? {}));
  const own = on[event]?.inputs ?? {};
  const values = Object.entries(own).map(([name, input]) => [name, given[name] ?? input.default ?? '']);
  for (const name of Object.keys(given)) if (!(name in own)) throw new Error(`there is no input ${name}`);
  return { ...Object.fromEntries(all.map((name) => [name, null])), ...Object.fromEntries(values) };
}

async function runJob({ steps = [], outputs = {} }: Job, contexts: Contexts, folder: string, environment: Environment) {
  const workspace = join(folder, 'workspace');
  await mkdir(workspace, { recursive: true });
  const done: Record<string, { outputs: Readonly<Record<string, string>> }> = {};
  let hasFailed = false;
  for (const [at, step] of steps.entries()) {
    const known = { ...contexts, steps: done };
    const { if: condition = '' } = step;
    if (hasFailed && !condition.includes('always()')) continue;
    if (condition !== '' && !holds(condition, known)) continue;
    const ended = await runStep(step, known, join(folder, String(at)), workspace, environment);
    hasFailed ||= ended.exitCode !== 0;
    if (step.id !== undefined) done[step.id] = { outputs: ended.outputs };
  }
  const filled = Object.entries(outputs).map(([name, text]) => [
    name,
    hasFailed ? '' : interpolate(text, { ...contexts, steps: done }),
  ]);
  return { result: hasFailed ? 'failure' : 'success', outputs: Object.fromEntries(filled) };
}

async function runStep(
  step: Step,
  contexts: Contexts,
  folder: string,
  workspace: string,
  environment: Environment,
): Promise<{ readonly exitCode: number; readonly outputs: Readonly<Record<string, string>> }> {
  const { uses, run, with: given = {}, env = {} } = step;
  await mkdir(folder, { recursive: true });
  if (run !== undefined) {
    const own = Object.entries(env).map(([name, text]) => [name, interpolate(text, contexts)]);
    return await runScript(run, folder, workspace, { ...environment, ...Object.fromEntries(own) });
  }
  const stands = inPlaceOf[uses ?? ''];
  if (uses !== published && stands === undefined) throw new Error(`nothing stands in for ${uses}`);
  const action = parse(await readFile(join(stands ?? '.', 'action.yml'), 'utf8')) as Action;
  const inputs = filledIn(uses ?? '', action, given, contexts);
  if (stands === undefined) {
    const { exitCode, outputs } = await runAction(inputs, folder, workspace, environment);
    const none = Object.keys(action.outputs ?? {}).map((name) => [name, '']);
    return { exitCode, outputs: { ...Object.fromEntries(none), ...outputs } };
  }
  const known = { github: contexts['github'], inputs: { ...defaultsOf(action, contexts), ...inputs } };
  for (const [at, inner] of (action.runs.steps ?? []).entries()) {
    const ended = await runStep(inner, known, join(folder, String(at)), workspace, environment);
    if (ended.exitCode !== 0) return ended;
  }
  return { exitCode: 0, outputs: {} };
}

/** What a step gives to an action, which has to know it. */
function filledIn(uses: string, { inputs = {} }: Action, given: NonNullable<Step['with']>, contexts: Contexts) {
  const strangers = Object.keys(given).filter((name) => !(name in inputs));
  if (strangers.length > 0) throw new Error(`${uses} has no input ${strangers.join(', ')}`);
  const missing = Object.keys(inputs).filter((name) => inputs[name]?.required && !(name in given));
  if (missing.length > 0) throw new Error(`${uses} lacks its input ${missing.join(', ')}`);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, interpolate(String(value), contexts)]));
}

const defaultsOf = ({ inputs = {} }: Action, contexts: Contexts) =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { default: text = '' }]) => [name, interpolate(text, contexts)]),
  );

async function runScript(script: string, folder: string, workspace: string, environment: Environment) {
  const said = join(folder, 'output');
  await writeFile(said, '');
  const exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      cwd: workspace,
      env: { ...process.env, ...environment, GITHUB_OUTPUT: said },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject).once('exit', (code) => resolve(code ?? -1));
  });
  const lines = (await readFile(said, 'utf8')).split('\n').filter((line) => line !== '');
  return { exitCode, outputs: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2))) };
}
