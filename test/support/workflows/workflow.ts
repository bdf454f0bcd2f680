import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/** A workflow file, as far as the published ones go. */
export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, Trigger | null>>;
  readonly concurrency?: string | { readonly group: string; readonly 'cancel-in-progress'?: boolean };
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

export type Permissions = Readonly<Record<string, string>>;

export interface Trigger {
  readonly branches?: readonly string[];
  readonly inputs?: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
}

export interface Job {
  readonly needs?: string;
  readonly if?: string;
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

export interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string | number | boolean>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What an action.yml says. */
export interface Action {
  readonly inputs?: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs: { readonly steps?: readonly Step[] };
}

/** What starts a workflow. */
export interface Happening {
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch';
  /** What is checked out. */
  readonly commit: string;
  readonly ref: string;
  /** Whether it is about what somebody else's repository holds. */
  readonly isFork?: boolean;
  readonly payload: Readonly<Record<string, unknown>>;
}

const keys = {
  workflow: ['name', 'on', 'concurrency', 'permissions', 'jobs'],
  trigger: ['branches', 'inputs'],
  job: ['needs', 'if', 'runs-on', 'timeout-minutes', 'permissions', 'outputs', 'steps'],
  step: ['id', 'name', 'if', 'uses', 'with', 'run', 'env', 'shell'],
};

/** Reads a workflow, and fails on every key that nobody here would heed. */
export async function readWorkflow(path: string): Promise<Workflow> {
  const workflow = parse(await readFile(path, 'utf8')) as Workflow;
  known(path, keys.workflow, workflow);
  for (const trigger of Object.values(workflow.on)) known(path, keys.trigger, trigger ?? {});
  for (const job of Object.values(workflow.jobs)) {
    known(path, keys.job, job);
    for (const step of job.steps ?? []) known(path, keys.step, step);
  }
  return workflow;
}

function known(path: string, names: readonly string[], part: object): void {
  const unknown = Object.keys(part).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`${path} says ${unknown.join(', ')}, which the tests do not understand`);
}
