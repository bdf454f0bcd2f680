import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainOctochat } from '../support/faults/images.js';
import { type Course, walk } from '../support/faults/lane.js';
import { attempts, type Samples } from '../support/faults/points.js';
import { chance } from '../support/faults/seed.js';
import { describeTrial, table } from '../support/faults/table.js';
import { seed, type Thorough, thorough } from '../support/faults/thorough.js';
import type { Trial } from '../support/faults/trial.js';
import { hotDeploy, hotRollback, recreation, restartDeploy, revival } from '../support/faults/ways.js';
import { removeImages } from '../support/world/images.js';

/** Of each way. */
const samples: Readonly<Record<Exclude<Thorough, 'all'>, Samples>> = {
  smoke: { steps: 1, killed: 0, cancelled: 0, calls: 0, answers: 0, cuts: 0 },
  some: { steps: 1, killed: 1, cancelled: 1, calls: 0, answers: 0, cuts: 0 },
  steps: { steps: 'each', killed: 'each', cancelled: 'each', calls: 1, answers: 1, cuts: 1 },
};
const chosenFaults: Course['attempts'] = (seen, by) =>
  attempts(seen, by, thorough === 'all' ? undefined : samples[thorough]);
const twice = (step: string) => (thorough === 'all' ? [step, 'settle'] : thorough === 'steps' ? [step] : []);

const courses: readonly Course[] = [
  {
    name: 'hot fleet',
    size: 3,
    up: hotDeploy,
    down: [hotRollback],
    attempts: chosenFaults,
  },
  {
    name: 'restart fleet',
    size: 3,
    up: restartDeploy,
    down: [revival],
    attempts: chosenFaults,
  },
  {
    name: 'cluster',
    size: 3,
    cluster: true,
    up: hotDeploy,
    down: [hotRollback],
    // A node of it that is down is none of it, and nobody can start it from here.
    attempts: (seen, by) =>
      chosenFaults(seen, by).filter(({ blows }) => !blows.some(({ kind }) => kind === 'container killed')),
  },
  {
    name: 'hot',
    size: 1,
    up: hotDeploy,
    down: [hotRollback],
    attempts: chosenFaults,
    twiceAfter: twice('switch'),
  },
  {
    name: 'restart',
    size: 1,
    up: restartDeploy,
    down: thorough === 'smoke' ? [revival] : [revival, recreation],
    attempts: chosenFaults,
    twiceAfter: twice('stop'),
  },
  {
    name: 'restart --rm',
    size: 1,
    flags: ['--rm'],
    up: restartDeploy,
    down: [recreation],
    // Once it is final there is nothing beside it, and of what is killed then the engine itself leaves nothing.
    attempts: (seen, by) =>
      chosenFaults(seen, by).filter(
        ({ blows }) => !blows.some(({ kind, at }) => kind === 'container killed' && /\((settle|done)\)/.test(at)),
      ),
  },
];
const asked = process.env['HOT_DEPLOY_FAULTS_COURSE'] ?? (thorough === 'smoke' ? 'hot' : undefined);
const chosen = courses.filter(({ name }) => asked?.split(',').includes(name) ?? true);
const atATime = 2;

const walked = new Map<string, readonly Trial[]>();
const fell = new Map<string, unknown>();

beforeAll(async () => {
  process.stdout.write(`HOT_DEPLOY_FAULTS=${thorough} HOT_DEPLOY_FAULTS_SEED=${seed}\n`);
  const images = { 1: await plainOctochat(1), 2: await plainOctochat(2) };
  const waiting = [...chosen];
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  const work = async () => {
    for (let course = waiting.shift(); course !== undefined; course = waiting.shift()) {
      const { name } = course;
      try {
        walked.set(name, await walk(course, (version) => images[version], chance(seed), tell));
      } catch (error) {
        fell.set(name, error);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}, 3 * 3_600_000);

afterAll(async () => {
  const trials = [...walked].flatMap(([course, own]) =>
    own.map((trial) => ({ ...trial, way: `${course}: ${trial.way}` })),
  );
  process.stdout.write(`${table(trials)}\n`);
  await removeImages();
});

describe.each(chosen)('$name', ({ name }) => {
  it('comes through every fault: the next run sets right what was left, and what it says is so', () => {
    expect(fell.get(name)).toBeUndefined();
    const trials = walked.get(name) ?? [];
    const failed = trials.filter(({ broken }) => broken.length > 0);
    expect(failed.map(describeTrial).join('\n\n')).toBe('');
    // A call that did not come was not struck, and shows nothing.
    const missed = trials.filter(({ reached }) => !reached);
    expect(missed.map(describeTrial).join('\n\n')).toBe('');
  });

  it('is struck at steps of the journal', () => {
    const steps = (walked.get(name) ?? []).flatMap(({ blows }) => blows).filter(({ at }) => at.includes('('));
    expect(steps.length).toBeGreaterThanOrEqual({ smoke: 2, some: 4, steps: 8, all: 8 }[thorough]);
  });
});
