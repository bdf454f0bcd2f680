import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { readHistory, renderComment } from '../../src/report/comment.js';
import { verdict } from '../../src/report/verdict.js';
import { report } from '../report/sample.js';
import { type Ended, everyOrder, oneOrder, type Play } from '../support/github/orders.js';
import { closeStage, newStage } from '../support/github/stage.js';
import { itNightly } from '../support/nightly.js';
import { everything, someOf } from '../support/tier.js';

const bot = { login: 'github-actions[bot]', type: 'Bot' } as const;
const person = { login: 'ada', type: 'User' } as const;
const told = (day: number): Report => ({
  ...report,
  to: `0.2.${day}`,
  startedAt: `2026-01-0${day}T00:00:00.000Z`,
  runUrl: `https://github.test/acme/shop/actions/runs/${day}`,
});
const written = (day: number) => renderComment(told(day), { history: [] });

/** What is not of this environment, or not by whom it has to be, and never to be touched. */
const foreign = [
  { id: 1, body: 'Nice!', pullRequest: 7, user: person },
  { id: 2, body: `${written(1)}\n\nwhat is that?`, pullRequest: 7, user: person },
  { id: 3, body: renderComment({ ...report, environment: 'staging' }, { history: [] }), pullRequest: 7, user: bot },
  { id: 4, body: written(1), pullRequest: 8, user: bot },
];

/** What stands there already, by the days of the runs that it tells of. */
const beginnings = {
  nothing: [],
  'a comment of a run before': [{ id: 10, body: written(1), pullRequest: 7, user: bot }],
  'two comments, one of a run that was cut off': [
    { id: 10, body: written(1), pullRequest: 7, user: bot },
    { id: 20, body: written(2), pullRequest: 7, user: bot },
  ],
} as const;
type Beginning = keyof typeof beginnings;

const play = (beginning: Beginning, runs: number, isPatient: boolean): Play => ({
  prepare: async (stage) => {
    for (const comment of [...foreign, ...beginnings[beginning]]) stage.github.state.comments.push({ ...comment });
  },
  runs: Array.from({ length: runs }, (_, at) => async (stage, clock) => {
    const event = { event: 'pull_request', payload: { pull_request: { number: 7 } }, clock };
    return await stage.notices(told(at + 3), event);
  }),
  isPatient,
});

/** As many requests as five looks take, each with a write and what there may be to remove. */
const most = (runs: number) => 5 * (2 + runs);

function isSound({ stage, notices, requests }: Ended): readonly string[] {
  const { comments } = stage.github.state;
  expect(notices.flat()).toEqual([]);
  for (const each of foreign) expect(comments).toContainEqual(each);
  const own = comments.filter(({ id }) => id >= 10);
  expect(own).toHaveLength(1);
  for (const each of requests) expect(each).toBeLessThanOrEqual(most(requests.length));
  // Whoever has a link to it keeps it.
  expect([10, 100]).toContain(own[0]?.id);
  const [{ body = '' } = {}] = own;
  const history = readHistory(body, report.environment);
  const runs = history.map(({ at }) => at);
  expect(new Set(runs).size).toBe(runs.length);
  // The same to people as to the next run.
  const about = Array.from({ length: 8 }, (_, day) => told(day)).find(({ startedAt }) => startedAt === runs[0]);
  expect(body.startsWith(`✅ **${verdict(about as Report).replace(/&/g, '&amp;')}**`)).toBe(true);
  const [, before = ''] = /<summary>Previous runs<\/summary>\n\n(.*?)\n\n<\/details>/s.exec(body) ?? [];
  expect(before.match(/2026-01-\d\dT00:00:00\.000Z/g) ?? []).toEqual(runs.slice(1));
  return runs.map((at) => at.slice(9, 10)).sort();
}

const days = (beginning: Beginning, runs: number) =>
  [
    ...beginnings[beginning].map(({ id }) => String(id / 10)),
    ...Array.from({ length: runs }, (_, at) => String(at + 3)),
  ].slice(-5);

// In the quick tier each in one of the two ways, and the last of them in both.
const isTried = (beginning: Beginning, way: 'in any order' | 'held up') =>
  everything ||
  beginning === 'two comments, one of a run that was cut off' ||
  (way === 'held up') === (beginning !== 'nothing');

describe.each(Object.keys(beginnings) as Beginning[])('where there is %s', (beginning) => {
  const inAnyOrder = isTried(beginning, 'in any order') ? test : itNightly;
  inAnyOrder(
    'two runs at once leave one comment that tells of each run once, in whatever order they come',
    async () => {
      const orders = await everyOrder(play(beginning, 2, true), (ended) =>
        expect(isSound(ended)).toEqual(days(beginning, 2)),
      );
      expect(orders).toBeGreaterThan(10);
    },
    120_000,
  );

  const heldUpLong = isTried(beginning, 'held up') ? test : itNightly;
  heldUpLong(
    'and where one is held up longer than anybody waits they leave one comment all the same',
    async () => {
      const orders = await everyOrder(play(beginning, 2, false), (ended) => isSound(ended));
      expect(orders).toBeGreaterThan(10);
    },
    120_000,
  );
});

type Choice = (able: readonly number[], order: readonly number[]) => number;

/** Each has its turn for as many requests, in one direction or the other. */
const inTurn =
  (turn: number, forwards: boolean): Choice =>
  (able, order) => {
    const last = order.at(-1);
    const inARow = order.length - 1 - order.findLastIndex((at) => at !== last);
    if (last !== undefined && able.includes(last) && inARow % turn !== 0) return last;
    const cycle = forwards ? [0, 1, 2, 3, 0, 1, 2, 3] : [3, 2, 1, 0, 3, 2, 1, 0];
    const after = last === undefined ? cycle : cycle.slice(cycle.indexOf(last) + 1);
    return after.find((at) => able.includes(at)) ?? (able[0] as number);
  };

/** One stops before one of its requests until no other can go on, and those take turns. */
const heldUp =
  (held: number, before: number): Choice =>
  (able, order) => {
    const isHeld = order.filter((at) => at === held).length >= before;
    const others = isHeld && able.length > 1 ? able.filter((at) => at !== held) : able;
    return inTurn(1, true)(others, order);
  };

const choices: readonly (readonly [string, Choice])[] = [
  ...[1, 2, 3, 4].flatMap((turn) =>
    [true, false].map(
      (forwards) => [`in turns of ${turn}, ${forwards ? 'forwards' : 'backwards'}`, inTurn(turn, forwards)] as const,
    ),
  ),
  ...[0, 1, 2, 3].flatMap((held) =>
    [0, 1, 2].map((before) => [`no. ${held} held up after ${before} requests`, heldUp(held, before)] as const),
  ),
];

const chosen = choices.map(([name, choose], nth) => [name, choose, nth] as const);
test.each(someOf(2, chosen))('four runs at once leave one comment that tells of each: %s', async (_, choose, nth) => {
  const all = ['nothing', 'a comment of a run before'] as const;
  for (const beginning of someOf(2, nth % 4 === 0 ? all : all.toReversed())) {
    await oneOrder(play(beginning, 4, true), choose, (ended) => expect(isSound(ended)).toEqual(days(beginning, 4)));
  }
});

test('a run that was seen once is told of again, where one that had not seen it writes over it', async () => {
  const stage = await newStage();
  stage.github.state.comments.push({ id: 10, body: written(1), pullRequest: 7, user: bot });
  let sleeps = 0;
  const sleep = async () => {
    const [comment] = stage.github.state.comments;
    if (sleeps++ === 0 && comment) comment.body = written(2);
  };
  const event = { event: 'pull_request', payload: { pull_request: { number: 7 } } };
  expect(await stage.notices(told(3), { ...event, clock: { now: () => 0, date: () => 0, sleep } })).toEqual([]);
  const days = readHistory(stage.github.state.comments[0]?.body ?? '', 'production').map(({ at }) => at.slice(9, 10));
  expect(days).toEqual(['3', '2', '1']);
  expect(sleeps).toBe(2);
  await closeStage(stage);
});
