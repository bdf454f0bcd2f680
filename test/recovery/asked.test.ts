import { describe, expect, it } from 'vitest';
import { withTargets } from '../../src/commands/with-targets.js';
import type { Inputs } from '../../src/config/inputs.js';
import type { Report } from '../../src/deployment/report.js';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { replacesLabel } from '../../src/engines/throw-away.js';
import { Refusal } from '../../src/reasons/refusal.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';

const [old, fresh] = ['a'.repeat(64), 'b'.repeat(64)] as const;

/** An engine that can only be asked: whoever changes anything on it fails. */
function asked(names: ReadonlyMap<string, string>): Engine {
  const details = (key: string) => {
    const [id, name] = [...names].find((each) => each.includes(key)) ?? [];
    const state = { Running: id === fresh, Status: id === fresh ? 'running' : 'exited' };
    return (
      id && ({ Id: id, Name: `/${name}`, State: state, Config: { Labels: {} }, HostConfig: {} } as ContainerDetails)
    );
  };
  return {
    containers: async () =>
      [...names].map(([id, name]) => ({
        ...{ id, names: [name], createdAt: 0, networkMode: 'bridge', state: id === fresh ? 'running' : 'exited' },
        labels: id === fresh ? { [replacesLabel]: old } : {},
      })),
    findContainer: async (key: string) => details(key),
    inspectContainer: async (key: string) => details(key),
    added: async () => [],
    exec: async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }),
  } as unknown as Engine;
}

function draftOf(mode: Inputs['mode']): CurrentRun {
  const quiet = { info: () => undefined, group: async (_: string, work: () => Promise<unknown>) => await work() };
  return {
    inputs: { mode, containers: [{ by: 'name', name: 'web' }], environment: 'production' },
    world: { log: quiet, signal: new AbortController().signal },
  } as unknown as CurrentRun;
}

const report = { outcome: 'planned', warnings: ['its own'] } as unknown as Report;
const switched = new Map([
  [old, `web.hot-deploy-old-${old.slice(0, 12)}`],
  [fresh, 'web'],
]);

it.each(['plan', 'rehearse', 'script', 'deploy'] as const)('a task of Swarm is refused by %s', async (mode) => {
  const engine = asked(new Map([[fresh, 'web']]));
  const inspected = await engine.inspectContainer('web');
  const labels = { 'com.docker.swarm.task.id': 't', 'com.docker.swarm.service.name': 'shop_web' };
  const task = { ...inspected, Config: { ...inspected.Config, Labels: labels } };
  const swarm = { ...engine, findContainer: async () => task, inspectContainer: async () => task };
  const draft = draftOf(mode);
  // A deploy that is tried: without the lock.
  const inputs = mode === 'deploy' ? { ...draft.inputs, dryRun: true } : draft.inputs;
  await expect(withTargets(swarm, { ...draft, inputs }, async () => report)).rejects.toThrow(
    'web is a task of the Swarm service shop_web, and Swarm would put the old version back when it makes the task anew: services cannot be deployed to yet. Use docker service update --image IMAGE shop_web',
  );
});

describe.each(['plan', 'rehearse', 'script'] as const)('%s of a container that is half-way', (mode) => {
  it('changes nothing, and says what the next deploy would', async () => {
    const told = await withTargets(asked(switched), draftOf(mode), async () => report);
    expect(told).toEqual({
      outcome: 'planned',
      warnings: [
        'its own',
        'web is half-way in a deploy by a run that left no record, which is under way or was cut off: the next deploy or rollback undoes it.',
      ],
    });
  });

  it('says so also where it is refused', async () => {
    const refused = withTargets(asked(switched), draftOf(mode), () => Promise.reject(new Refusal('web is exited.')));
    await expect(refused).rejects.toThrow(/^web is exited\. web is half-way in a deploy by .* undoes it\.$/);
  });

  it('says nothing of one that only has such a name', async () => {
    const stranger = new Map([
      ['c'.repeat(64), 'web.hot-deploy-old-aaaaaaaaaaaa'],
      [fresh, 'web'],
    ]);
    expect(await withTargets(asked(stranger), draftOf(mode), async () => report)).toEqual(report);
  });
});
