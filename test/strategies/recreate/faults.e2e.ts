import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engines/call.js';
import type { ImageDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { recreate } from '../../../src/strategies/recreate/recreate.js';
import { idle, openWorkbench, type Workbench } from '../../engines/workbench.js';
import { someOf } from '../../support/tier.js';
import { claimOn, options } from './attempt.js';

let bench: Workbench;
let good: ImageDetails;
let bad: ImageDetails;
beforeAll(async () => {
  bench = await openWorkbench();
  good = await bench.image('good', 'HEALTHCHECK --interval=1h CMD true', idle);
  bad = await bench.image('bad', 'HEALTHCHECK --interval=1h CMD true', 'CMD ["false"]');
});
afterAll(() => bench?.clear());

const changing = [
  'createContainer',
  'startContainer',
  'stopContainer',
  'renameContainer',
  'removeContainer',
  'updateRestartPolicy',
] as const;
type Fault = 'the call is lost' | 'only the answer is lost';

/** The engine, of whose changing calls one fails: before it is carried out, or after. */
function faulty(engine: Engine, failing: number, fault: Fault): { engine: Engine; calls: () => number } {
  let calls = 0;
  const faults = changing.map((name) => {
    const call = engine[name] as (...words: unknown[]) => Promise<unknown>;
    const wrapped = async (...words: unknown[]) => {
      calls++;
      if (calls !== failing) return call(...words);
      if (fault === 'only the answer is lost') await call(...words);
      throw new EngineError(`${fault}: ${name}`, { cause: undefined });
    };
    return [name, wrapped];
  });
  return { engine: { ...engine, ...Object.fromEntries(faults) }, calls: () => calls };
}

async function attempt(name: string, failing: number, fault: Fault, to: ImageDetails, ...flags: string[]) {
  const old = await bench.run(name, '--stop-timeout', '1', ...flags, good.Id);
  const { engine, calls } = faulty(bench.engine, failing, fault);
  const result = await recreate(engine, old, good, { reference: to.Id, id: to.Id }, options({ claim: claimOn(old) }));
  const now = await bench.engine.findContainer(`${bench.prefix}-${name}`);
  const others = (await bench.containers()).filter((one) => one.startsWith(`${bench.prefix}-${name}.`));
  return { old, result, now, others, calls: calls() };
}

const faults = ['the call is lost', 'only the answer is lost'] as const;
/** One more than there are, so that the last of each succeeds. */
const cases = (calls: number) =>
  someOf(
    4,
    faults.flatMap((fault) => Array.from({ length: calls + 1 }, (_, index) => [fault, index + 1] as const)),
  );

describe.each([
  { flags: [], kind: 'a container' },
  { flags: ['--rm'], kind: 'a container with --rm' },
  { flags: ['--restart', 'always'], kind: 'a container that is always restarted' },
])('$kind serves, and what is said about it is true, when', ({ flags }) => {
  it.each(cases(6))('%s: change number %i of a re-creation that would succeed', async (fault, failing) => {
    const name = `good-${flags.join('')}-${fault.length}-${failing}`;
    const { old, result, now, others, calls } = await attempt(name, failing, fault, good, ...flags);
    expect(now?.State.Running).toBe(true);
    if (calls < failing) expect(result.kind).toBe('recreated');
    switch (result.kind) {
      case 'recreated':
        expect(now?.Id).toBe(result.id);
        expect(result.id).not.toBe(old.Id);
        // The old one, or with --rm its spare, stands ready to go back to.
        expect(others).toEqual([expect.stringContaining('.hot-deploy-old-')]);
        break;
      case 'untouched':
        expect(now).toMatchObject({ Id: old.Id, State: { StartedAt: old.State.StartedAt } });
        break;
      case 'restored':
        expect(now?.Id).toBe(result.id);
        expect(others).toEqual([]);
        break;
      case 'failed':
        throw new Error(`${result.why} ${result.state}`);
    }
  });

  it.each(cases(9))('%s: change number %i of a re-creation whose new image ends at once', async (fault, failing) => {
    const name = `bad-${flags.join('')}-${fault.length}-${failing}`;
    const { old, result, now, others } = await attempt(name, failing, fault, bad, ...flags);
    expect(['untouched', 'restored'], JSON.stringify(result)).toContain(result.kind);
    expect(now).toMatchObject({ Image: good.Id, State: { Running: true } });
    if (result.kind === 'restored') {
      expect(now?.Id).toBe(result.id);
      expect(others).toEqual([]);
    } else {
      expect(now).toMatchObject({ Id: old.Id, State: { StartedAt: old.State.StartedAt } });
    }
  });
});

describe('where no call works any more', () => {
  it('a person learns what there is, and nothing that was there is lost', async () => {
    const own = `${bench.prefix}-dead-end`;
    const old = await bench.run('dead-end', '--stop-timeout', '1', good.Id);
    const engine: Engine = {
      ...bench.engine,
      startContainer: () => Promise.reject(new EngineError('no more starts', { cause: undefined })),
    };
    const result = await recreate(
      engine,
      old,
      good,
      { reference: good.Id, id: good.Id },
      options({ claim: claimOn(old) }),
    );
    expect(result).toEqual({
      kind: 'failed',
      why: 'no more starts',
      state: expect.stringMatching(
        `^no more starts Now: (the new container is created under the name ${own}.hot-deploy-new-[0-9a-f]{12}; the old container is exited under the name ${own}|the old .+; the new .+)\\.$`,
      ),
    });
  });
});
