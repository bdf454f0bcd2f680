import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../../src/commands/commands.js';
import type { Inputs } from '../../src/config/inputs.js';
import type { Report } from '../../src/deployment/report.js';
import type { ContainerSpec, Engine } from '../../src/engines/engine.js';
import { fields } from '../../src/engines/overrides.js';
import { roleLabel } from '../../src/engines/throw-away.js';
import { isChanging } from '../support/model/faults.js';
import { inputsOf, look, type Play, quiet, type Stage, setUp } from '../support/model/stage.js';

const play: Play = { names: ['web-1', 'web-2'], kind: 'plain' };

const isThrowAway = ({ Labels: labels }: ContainerSpec) => roleLabel in fields(labels);

/** What a command changes of containers that are none of its own. */
async function changes(stage: Stage, inputs: Partial<Inputs>) {
  const own = new Set<string>();
  const changed: string[] = [];
  const { engine } = stage.model;
  const watched = Object.fromEntries(
    Object.entries(engine).map(([name, value]) => {
      if (typeof value !== 'function') return [name, value];
      const call = async (...words: unknown[]) => {
        const answer = await value.apply(engine, words);
        if (name === 'createContainer' && isThrowAway(words[1] as ContainerSpec)) own.add(String(answer));
        else if (isChanging(name) && !own.has(String(words[0]))) changed.push(`${name} ${words[0]}`);
        return answer;
      };
      return [name, call];
    }),
  ) as unknown as Engine;
  const world = {
    ...{ log: quiet, clock: stage.clock, environment: {}, signal: new AbortController().signal },
    connect: async () => watched,
  };
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-unchanging-'));
  const asked = { ...inputsOf(play), scriptPath: join(folder, 'hot-deploy.sh'), rehearse: 'never', ...inputs } as const;
  const report = await runCommand(asked, world);
  await rm(folder, { recursive: true });
  return { report, changed };
}

it.each<[string, Partial<Inputs> & Pick<Inputs, 'mode'>, Report['outcome']]>([
  // Its node does not say all that is asked, while what it is compared with boots.
  ['status', { mode: 'status' }, 'refused'],
  ['plan', { mode: 'plan' }, 'planned'],
  ['rehearse', { mode: 'rehearse' }, 'planned'],
  ['script', { mode: 'script' }, 'planned'],
  ['a deploy that is only tried', { mode: 'deploy', dryRun: true }, 'planned'],
  // Nothing is on record.
  ['a rollback that is only tried', { mode: 'rollback', dryRun: true }, 'refused'],
])('%s changes no container but its own, and leaves none of these', async (_, inputs, outcome) => {
  const stage = await setUp(play);
  await stage.model.engine.tagImage(stage.v2.Id, 'app:live');
  const { seen: before } = await look(stage);
  const { report, changed } = await changes(stage, inputs);
  expect(report).toMatchObject({ outcome });
  expect(changed).toEqual([]);
  expect((await look(stage)).seen).toEqual(before);
});
