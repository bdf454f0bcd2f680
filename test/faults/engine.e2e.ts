import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainOctochat } from '../support/faults/images.js';
import { type Course, walk } from '../support/faults/lane.js';
import { type OwnEngine, startEngine } from '../support/faults/own-engine.js';
import { engineAttempts } from '../support/faults/points.js';
import { chance } from '../support/faults/seed.js';
import { describeTrial, table } from '../support/faults/table.js';
import { seed, thorough } from '../support/faults/thorough.js';
import type { Trial } from '../support/faults/trial.js';
import { hotDeploy, hotRollback, restartDeploy, revival } from '../support/faults/ways.js';
import { removeImages } from '../support/world/images.js';

const shared = process.env['DOCKER_HOST'];
const tried: Trial[] = [];
let images: Record<1 | 2, string>;
let own: OwnEngine | undefined;

beforeAll(async () => {
  images = { 1: await plainOctochat(1), 2: await plainOctochat(2) };
  own = await startEngine(700);
  await own.load(images[1], images[2]);
  // Whatever asks an engine in this file means this one.
  process.env['DOCKER_HOST'] = `unix://${own.socket}`;
});

afterAll(async () => {
  process.stdout.write(`${table(tried)}\n`);
  if (shared === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = shared;
  await own?.close();
  await removeImages();
});

const restarts = { name: 'restart', up: restartDeploy, down: [revival], flags: ['--restart', 'always'] };

it.each([
  { name: 'hot', up: hotDeploy, down: [hotRollback], flags: ['--restart', 'unless-stopped'] },
  ...(thorough === 'smoke' ? [] : [restarts]),
])(
  '$name: a disk that is full, and an engine that is restarted, at every step',
  async (course) => {
    if (own === undefined) throw new Error('there is no engine');
    const most = { smoke: 1, some: 2, steps: undefined, all: undefined }[thorough];
    let way = 0;
    const attempts: Course['attempts'] = (seen, by) => {
      const all = engineAttempts(seen, by, most);
      // The engine, on the way up.
      return thorough === 'smoke' ? all.slice(1, way++ === 0 ? 2 : 1) : all;
    };
    const whole = { ...course, size: 1, own, attempts };
    const tell = (line: string) => void process.stdout.write(`${line}\n`);
    const trials = await walk(whole, (version) => images[version as 1 | 2], chance(seed), tell);
    tried.push(...trials);
    const failed = trials.filter(({ broken, reached }) => broken.length > 0 || !reached);
    expect(failed.map(describeTrial).join('\n\n')).toBe('');
    expect(trials.length).toBeGreaterThanOrEqual({ smoke: 1, some: 8, steps: 16, all: 16 }[thorough]);
  },
  1_800_000,
);
