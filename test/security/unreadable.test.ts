import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { deploy } from '../../src/commands/deploy.js';
import { status } from '../../src/commands/status.js';
import type { Inputs } from '../../src/config/inputs.js';
import type { Report } from '../../src/deployment/report.js';
import { LongAnswer } from '../../src/engines/bounded.js';
import { Unreadable } from '../../src/engines/call.js';
import type { Engine } from '../../src/engines/engine.js';
import { ExecTimeout } from '../../src/engines/exec.js';
import { search } from '../../src/node/vm.js';
import { inputsOf, look, type Play, quiet, type Stage, setUp } from '../support/model/stage.js';

const play: Play = { names: ['web-1'], kind: 'plain' };
let stage: Stage;
let own: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unreadable-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  stage = await setUp(play);
  own = stage.began.get('web-1')?.Id ?? '';
});

type Hostile = (engine: Engine) => Partial<Engine>;

function tooMuch(what: string): never {
  const cause = new LongAnswer(1_048_576);
  throw new Unreadable(`Could not ${what}: ${cause.message}.`, cause);
}

/** Of the container that is deployed to alone: what hot-deploy makes for itself is as it was made. */
const ways: Readonly<Record<string, Hostile>> = {
  'whatever runs in it says it without an end': (engine) => ({
    exec: async (id, command) =>
      id === own && command.argv[0] === 'sh' ? tooMuch('run sh') : await engine.exec(id, command),
  }),
  'whatever runs in it says nothing for ever': (engine) => ({
    exec: async (id, command) => {
      if (id === own && command.argv[2] === search) throw new ExecTimeout('Waited 30000 ms to run sh, in vain.');
      return await engine.exec(id, command);
    },
  }),
  'its node answers what the agent never does': (engine) => ({
    exec: async (id, command) => {
      const said = await engine.exec(id, command);
      const stdout = Buffer.from(said.stdout.toString().replace(/"version":"[^"]*"/, '"version":{"toString":1}'));
      return id === own ? { ...said, stdout } : said;
    },
  }),
};

async function run(
  hostile: Hostile,
  command: (inputs: Inputs, world: Parameters<typeof deploy>[1]) => Promise<Report>,
  given: Partial<Inputs>,
) {
  const { engine } = stage.model;
  const warnings: string[] = [];
  const world = {
    ...{ log: { ...quiet, warning: (line: string) => void warnings.push(line) }, clock: stage.clock, environment: {} },
    ...{ signal: new AbortController().signal, connect: async () => ({ ...engine, ...hostile(engine) }) },
  };
  const inputs = {
    ...inputsOf(play),
    strategy: 'auto',
    rehearse: 'never',
    ...given,
    scriptPath: join(folder, 'own.sh'),
  } as const;
  return { report: await command(inputs, world), warnings };
}

/** What runs, and that nothing is left of what was made for it. */
async function serving() {
  const { seen, serving: containers } = await look(stage);
  return { images: containers.map(({ Image }) => Image), names: seen.map(({ name }) => name).sort() };
}

it.each(Object.entries(ways))('a container can be restarted on a new version where %s', async (_, hostile) => {
  await stage.model.engine.tagImage(stage.v2.Id, 'app:live');
  const { report } = await run(hostile, deploy, { mode: 'deploy' });
  expect(report.message ?? '').toBe('');
  expect(report).toMatchObject({ outcome: 'deployed', containers: [{ name: 'web-1', method: 'recreate' }] });
  const reasons = report.containers[0]?.reasons ?? [];
  expect(reasons).toMatchObject([
    { code: 'target-unreadable', message: expect.stringMatching(/^web-1 cannot be read\. .*\.$/) },
  ]);
  expect((await serving()).images).toEqual([stage.v2.Id]);
});

it.each(Object.entries(ways))('a plan says that it would be restarted where %s', async (_, hostile) => {
  await stage.model.engine.tagImage(stage.v2.Id, 'app:live');
  const before = await serving();
  const { report } = await run(hostile, deploy, { mode: 'plan' });
  expect(report).toMatchObject({ outcome: 'planned', containers: [{ method: 'recreate' }] });
  expect(await serving()).toEqual(before);
});

it.each(Object.entries(ways))('the status is that it could not be read where %s', async (_, hostile) => {
  const { report } = await run(hostile, status, { mode: 'status' });
  expect(report.containers).toMatchObject([{ name: 'web-1', drift: { state: 'unread' } }]);
});
