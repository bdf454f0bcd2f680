import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { pastOf, readHistory, renderComment } from '../../src/report/comment.js';
import { report } from '../report/sample.js';
import type { Fate } from '../support/github/server.js';
import { closeStage, commit, newStage, type Said, type Stage } from '../support/github/stage.js';
import { everything } from '../support/tier.js';

const bot = { login: 'github-actions[bot]', type: 'Bot' } as const;
const person = { login: 'ada', type: 'User' } as const;
const before: Report = { ...report, startedAt: '2026-01-01T00:00:00.000Z' };
const theirs = { id: 1, body: renderComment(before, { history: [] }), pullRequest: 7, user: person };
const payload = (run: number) => ({ schema: 1, run, attempt: 1 });

interface Scenario {
  readonly told: Report;
  readonly said: Said;
  readonly inputs: object;
  readonly prepare: (stage: Stage) => void;
}

const merged = (stage: Stage) => {
  stage.merged(7);
  stage.github.state.linked.set(commit, [7]);
  stage.github.state.comments.push({ ...theirs });
};

const scenarios: Readonly<Record<string, Scenario>> = {
  'a deploy after others, one of which was cut off': {
    told: report,
    said: {},
    inputs: { mode: 'deploy', deployment: true },
    prepare: (stage) => {
      merged(stage);
      stage.github.state.comments.push({ ...theirs, id: 2, user: bot });
      stage.github.state.runs.set(1, { status: 'completed', run_attempt: 1 });
      const fields = { ref: commit, environment: 'production', task: 'deploy' };
      const statuses = [{ state: 'in_progress' }];
      stage.github.state.deployments.push({ id: 3, ...fields, payload: payload(1), statuses });
    },
  },
  'a plan': {
    told: { ...report, outcome: 'planned', containers: [] },
    said: { event: 'pull_request', payload: { pull_request: { number: 7 } } },
    inputs: { mode: 'plan', deployment: true },
    prepare: (stage) => void stage.github.state.comments.push({ ...theirs }),
  },
  'a rollback': {
    told: { ...report, task: 'rollback', tookBack: { image: 'sha256:1', commit } },
    said: { event: 'workflow_dispatch' },
    inputs: { mode: 'rollback', deployment: true },
    prepare: merged,
  },
};

interface Fault {
  readonly fate: Fate | Promise<Fate>;
  /** Whether it may be that it was carried out all the same. */
  readonly isCarriedOut?: true;
  /** Whether it says that the token is not allowed to. */
  readonly isDenial?: true;
  /** Whether it is no more where it happened once, and is asked again. */
  readonly passes?: true;
}

const broken = { status: 200, body: '<html>' };
const faults: Readonly<Record<string, Fault>> = {
  '500': { fate: { status: 500, body: { message: 'boom' } }, passes: true },
  '500 for what was carried out': { fate: { after: { status: 500 } }, isCarriedOut: true, passes: true },
  '502 with a page': { fate: { status: 502, body: '<html>' }, passes: true },
  '403': { fate: { status: 403, body: { message: 'Resource not accessible by integration' } }, isDenial: true },
  '404': { fate: { status: 404, body: { message: 'Not Found' } }, isDenial: true },
  '401': { fate: { status: 401, body: { message: 'Bad credentials' } } },
  '422': { fate: { status: 422, body: { message: 'Validation Failed' } } },
  'no answer': { fate: 'cut', passes: true },
  'no answer to what was carried out': { fate: { after: 'cut' }, isCarriedOut: true, passes: true },
  'a short limit': { fate: { status: 429, headers: { 'retry-after': '2' } }, passes: true },
  'a short limit by 403': { fate: { status: 403, headers: { 'retry-after': '1' } }, passes: true },
  'a limit of an hour': { fate: { status: 429, headers: { 'retry-after': '3600' } } },
  'a limit by 403 that only its words tell': {
    fate: { status: 403, body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' } },
  },
  'a limit by 403 with no end': { fate: { status: 403, headers: { 'x-ratelimit-remaining': '0' } } },
  'no JSON': { fate: broken, passes: true },
  'no JSON for what was carried out': { fate: { after: broken }, isCarriedOut: true, passes: true },
  'nothing at all': { fate: { status: 200, body: '' }, passes: true },
  'another JSON': { fate: { status: 200, body: '7' }, passes: true },
};

/** Plays a scenario whose n-th request, or each from there on, ends so. */
async function play({ told, said, inputs, prepare }: Scenario, at: number, fault: Fault | undefined, forEver: boolean) {
  const stage = await newStage();
  prepare(stage);
  stage.github.trouble = (_, nth) => (nth === at || (forEver && nth > at) ? fault?.fate : undefined);
  const notices = await stage.notices(told, said, inputs);
  const { comments, deployments } = stage.github.state;
  const own = comments.filter(({ user }) => user.type === 'Bot');
  const listed = deployments.filter(({ id }) => id !== 3);
  await closeStage(stage);
  return { ...stage, notices, comments, own, listed, earlier: deployments.find(({ id }) => id === 3) };
}

async function isSound(scenario: Scenario, at: number, fault: Fault, forEver: boolean): Promise<void> {
  const { notices, comments, own, listed, earlier, paused, github } = await play(scenario, at, fault, forEver);
  const said = (what: string) => notices.filter((notice) => notice.startsWith(`The ${what} could not be written: `));
  const [ofDeployment, ofComment] = [said('deployment'), said('comment on the pull request')];
  // One sentence for each of the two, and no others.
  expect(ofDeployment.length).toBeLessThanOrEqual(1);
  expect(ofComment.length).toBeLessThanOrEqual(1);
  expect(notices).toHaveLength(ofDeployment.length + ofComment.length);
  for (const notice of notices) expect(notice.includes('`permissions: ')).toBe(fault.isDenial === true);
  if (fault.passes && !forEver) expect(notices).toEqual([]);
  // Nobody waits for ever.
  expect(github.asked.length).toBeLessThanOrEqual(60);
  expect(paused.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(60_000);

  expect(comments).toContainEqual(theirs);
  expect(own.length).toBeLessThanOrEqual(1);
  const told = readHistory(own[0]?.body ?? '', 'production');
  const isTold = told.some(({ at }) => at === report.startedAt);
  if (isTold) expect(told[0]).toEqual(pastOf(scenario.told));
  expect(new Set(told.map((past) => past.at)).size).toBe(told.length);
  if (own.some(({ id }) => id === 2)) expect(told.at(-1)).toEqual(pastOf(before));

  const { deployment } = scenario.inputs as { readonly deployment: boolean };
  const isListed = deployment && scenario.told.outcome !== 'planned';
  expect(listed.length).toBeLessThanOrEqual(isListed ? 1 : 0);
  const hasEnded = listed.some(({ statuses }) => statuses.at(-1)?.state === 'success');
  // What is not said to be missing is there; what is, is not, save where nobody could see that it is.
  if (ofComment.length === 0) expect(isTold).toBe(true);
  else if (!fault.isCarriedOut) expect(isTold).toBe(false);
  if (isListed && ofDeployment.length === 0) expect(hasEnded).toBe(true);
  else if (!fault.isCarriedOut) expect(hasEnded).toBe(false);
  // That of the run that was cut off is ended or left, and hides nothing.
  expect(['in_progress', 'error', undefined]).toContain(earlier?.statuses.at(-1)?.state);
}

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  test('is written whole where nothing goes wrong', async () => {
    const { notices, own, listed, earlier } = await play(scenario, 0, undefined, false);
    expect(notices).toEqual([]);
    expect(own).toHaveLength(1);
    expect(listed.map(({ statuses }) => statuses.at(-1)?.state)).toEqual(
      scenario.told.outcome === 'planned' ? [] : ['success'],
    );
    expect(earlier?.statuses.at(-1)?.state).toBe(earlier && 'error');
  });

  test.each(Object.entries(faults).map(([name, fault], nth) => [name, fault, nth] as const))(
    'says what could not be written, and nothing else, where any of its requests meets %s',
    async (_, fault, kind) => {
      const { github } = await play(scenario, 0, undefined, false);
      for (let at = 1; at <= github.asked.length; at++) {
        // In the quick tier every second fault, once or for ever, by turns: each request meets both, of one fault or the other.
        const ways = [[false, true], [], [true, false], []][(at + kind) % 4] ?? [];
        for (const forEver of everything ? [false, true] : ways.slice(0, 1)) {
          try {
            await isSound(scenario, at, fault, forEver);
          } catch (error) {
            const { operation } = github.asked[at - 1] ?? {};
            throw new Error(`Request ${at} (${operation})${forEver ? ' and all after it' : ''}: ${error}`, {
              cause: error,
            });
          }
        }
      }
    },
    120_000,
  );
});

describe('where nobody answers for as long as is waited', () => {
  afterEach(() => void vi.restoreAllMocks());

  test.each(Object.entries(scenarios))('%s is written whole, whichever of its requests it is', async (_, scenario) => {
    const waits = AbortSignal.timeout.bind(AbortSignal);
    const { github } = await play(scenario, 0, undefined, false);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => waits(ms / 8));
    const silence: Fault = { fate: new Promise<Fate>(() => undefined), passes: true };
    await Promise.all(github.asked.map((_, at) => isSound(scenario, at + 1, silence, false)));
  });
});
