import { describe, expect, it } from 'vitest';
import { cancellationDeadline } from '../../../src/deployment/cancellation-deadline.js';
import type { ContainerDetails, ImageDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { retireOriginal } from '../../../src/strategies/recreate/finish.js';
import { recreate } from '../../../src/strategies/recreate/recreate.js';
import { restorePrevious } from '../../../src/strategies/recreate/replace.js';
import { restoreKept, whyNotRestorable } from '../../../src/strategies/recreate/restore-kept.js';
import { systemClock } from '../../../src/system/log.js';
import { idle } from '../../engines/workbench.js';
import { bench, claimOn, inside, named, openBench, options, v1, v2 } from './attempt.js';

openBench();

const to = (image: ImageDetails) => ({ reference: image.RepoTags[0] ?? image.Id, id: image.Id });
const settle = (old: ContainerDetails, newest = 3, kept?: ContainerDetails) =>
  retireOriginal(bench.engine, (kept ?? old).Name.slice(1).replace(/\.hot-deploy-.*/, ''), {
    ...options({ claim: claimOn(old, kept) }),
    ...{ newest, isKept: () => true },
  });
const beside = async (name: string) =>
  (await bench.containers()).filter((one) => one.startsWith(`${bench.prefix}-${name}.`));
const previous = ({ Id: id, Name: name }: ContainerDetails) =>
  `${name.slice(1)}.hot-deploy-previous-${id.slice(0, 12)}`;
const policyOf = async (id: string) => (await bench.engine.inspectContainer(id)).HostConfig.RestartPolicy?.Name;

/** On the new image, and final. */
async function deployed(old: ContainerDetails, newest = 3) {
  expect((await recreate(bench.engine, old, v1, to(v2), options({ claim: claimOn(old) }))).kind).toBe('recreated');
  return await settle(old, newest);
}

describe('the container that ran before', () => {
  it('stays, stopped, where the engine does not start it with itself, and is measured', async () => {
    const old = await bench.run('stays', '--restart', 'always', v1.Id);
    await inside(old.Id, 'sh', '-c', 'head -c 100000 /dev/zero >/own');
    const { earlier, warnings } = await deployed(old);
    expect(warnings).toEqual([]);
    expect(earlier).toMatchObject({ containers: [{ name: previous(old), id: old.Id, image: v1.Id }], removed: [] });
    expect(earlier.containers[0]?.bytes).toBeGreaterThanOrEqual(100_000);
    expect(await bench.engine.inspectContainer(old.Id)).toMatchObject({ State: { Status: 'exited' } });
    expect([await policyOf(old.Id), await policyOf((await named('stays')).Id)]).toEqual(['no', 'always']);
  });

  it.each([0, 2])('is one of the newest %i that stay; older ones go without their volumes', async (newest) => {
    let old = await bench.run(`few-${newest}`, v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo data >/data/file');
    const all: ContainerDetails[] = [];
    for (let time = 0; time < 3; time++) {
      all.unshift(old);
      const image = await bench.engine.inspectContainer(old.Id).then(({ Image }) => bench.engine.findImage(Image));
      await recreate(
        bench.engine,
        old,
        image as ImageDetails,
        to(time % 2 === 0 ? v2 : v1),
        options({ claim: claimOn(old) }),
      );
      const { earlier } = await settle(old, newest);
      expect(earlier.containers.map(({ id }) => id)).toEqual(all.slice(0, newest).map(({ Id: id }) => id));
      old = await named(`few-${newest}`);
    }
    expect(await beside(`few-${newest}`)).toEqual(all.slice(0, newest).map(previous).sort());
    expect(await inside(old.Id, 'cat', '/data/file')).toBe('data');
  });

  it('of compose is removed, since compose would count it', async () => {
    const old = await bench.run('composed', '--label', 'com.docker.compose.project=shop', v1.Id);
    expect((await deployed(old)).earlier.containers).toEqual([]);
    expect(await beside('composed')).toEqual([]);
  });
});

describe('before it is final, a restart goes back', () => {
  it.each([
    { flags: ['--restart', 'always'], same: true },
    { flags: ['--rm'], same: false },
  ])('with $flags to what ran before, faster than by a second re-creation', async ({ flags, same }) => {
    const name = `back${flags.length}`;
    const old = await bench.run(name, '--health-cmd', 'true', ...flags, v1.Id);
    await recreate(bench.engine, old, v1, to(v2), options({ claim: claimOn(old) }));
    const since = performance.now();
    const result = await restorePrevious(bench.engine, old.Name.slice(1), {
      ...options({ claim: claimOn(old) }),
      why: 'another failed',
      old,
    });
    const ms = performance.now() - since;
    const now = await named(name);
    expect(result).toEqual({ kind: 'restored', id: now.Id, why: 'another failed' });
    expect(now).toMatchObject({ Image: v1.Id, State: { Running: true }, Name: old.Name });
    expect(now.Id === old.Id).toBe(same);
    expect(await policyOf(now.Id)).toBe(old.HostConfig.RestartPolicy?.Name);
    expect(await beside(name)).toEqual([]);

    const before = performance.now();
    await recreate(bench.engine, now, v1, to(v2), options({ claim: claimOn(now) }));
    console.log(`back with ${flags}: ${Math.round(ms)} ms; re-created: ${Math.round(performance.now() - before)} ms`);
  });
});

describe('a kept container', () => {
  it('takes its place again, with its own layer, and the other one is kept; and so once more', async () => {
    const old = await bench.run('revived', '--restart', 'always', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo mine >/own');
    await deployed(old);
    const fresh = await named('revived');
    for (const [running, kept] of [
      [fresh, old],
      [old, fresh],
    ] as const) {
      const pair = {
        running: await bench.engine.inspectContainer(running.Id),
        kept: await bench.engine.inspectContainer(kept.Id),
      };
      expect(await restoreKept(bench.engine, pair, options({ claim: claimOn(pair.running, pair.kept) }))).toMatchObject(
        { kind: 'recreated', id: kept.Id },
      );
      await settle(pair.running, 3, pair.kept);
      expect((await named('revived')).Id).toBe(kept.Id);
      expect(await beside('revived')).toEqual([previous(running)]);
      expect([await policyOf(kept.Id), await policyOf(running.Id)]).toEqual(['always', 'no']);
      if (kept === old) expect(await inside(kept.Id, 'cat', '/own')).toBe('mine');
    }
  });

  it('that does not come up is put aside again, and the one that ran before serves', async () => {
    const once = `CMD ["sh", "-c", "test -e /was && exit 3; touch /was; trap 'exit 0' TERM; sleep infinity & wait"]`;
    const image = await bench.image('once', once);
    const old = await bench.run('once', '--restart', 'always', image.Id);
    await recreate(bench.engine, old, image, to(v2), options({ claim: claimOn(old) }));
    await settle(old);
    const running = await named('once');
    const kept = await bench.engine.inspectContainer(old.Id);
    expect(
      await restoreKept(bench.engine, { running, kept }, options({ claim: claimOn(running, kept) })),
    ).toMatchObject({
      kind: 'restored',
      id: running.Id,
    });
    expect(await named('once')).toMatchObject({ Id: running.Id, State: { Running: true } });
    expect(await beside('once')).toEqual([previous(old)]);
    expect([await policyOf(old.Id), await policyOf(running.Id)]).toEqual(['no', 'always']);
  });

  it.each<[string, RegExp, (kept: ContainerDetails) => Promise<unknown>]>([
    [
      'network',
      /The network \S+ is gone, or was made anew/,
      async () => {
        const network = `${bench.prefix}-net`;
        await bench.docker('network', 'disconnect', network, (await named('network')).Id);
        await bench.docker('network', 'rm', network);
        await bench.network('net');
        await bench.docker('network', 'connect', network, (await named('network')).Id);
      },
    ],
    [
      'setting',
      /Settings were changed since: HostConfig.Memory/,
      async () => bench.docker('update', '--memory', '200m', '--memory-swap', '400m', (await named('setting')).Id),
    ],
    ['running', /runs already/, async ({ Id: id }) => bench.engine.startContainer(id)],
  ])('is not started, and nothing is touched, where something is in the way: %s', async (name, why, change) => {
    const network = await bench.network('net').catch(() => `${bench.prefix}-net`);
    const old = await bench.run(name, '--network', network, v1.Id);
    await deployed(old);
    const pair = async () => ({ running: await named(name), kept: await bench.engine.inspectContainer(old.Id) });
    expect(await whyNotRestorable(bench.engine, await pair())).toEqual([]);
    await change(old);
    expect((await whyNotRestorable(bench.engine, await pair())).join()).toMatch(why);
    const before = await named(name);
    expect(await restoreKept(bench.engine, await pair(), options({ claim: claimOn(before, old) }))).toMatchObject({
      kind: 'untouched',
    });
    expect(await named(name)).toMatchObject({ Id: before.Id, State: { StartedAt: before.State.StartedAt } });
    expect(await beside(name)).toEqual([previous(old)]);
  });
});

describe('a run that is cancelled', () => {
  const deaf = `CMD ["sh", "-c", "trap '' TERM; sleep infinity & wait; wait"]`;

  /** Cancelled when the engine has been asked for this. */
  async function cancelledAt(
    call: 'createContainer' | 'stopContainer' | 'startContainer',
    old: ContainerDetails,
    image: ImageDetails,
    next: ImageDetails,
  ) {
    const abort = new AbortController();
    let since = 0;
    const asked = bench.engine[call] as (...words: unknown[]) => Promise<unknown>;
    const watched = (...words: unknown[]) => {
      const answer = asked(...words);
      if (since === 0) {
        since = performance.now();
        // Making one may take less time than any that is worth waiting for.
        if (call === 'createContainer') abort.abort();
        else setTimeout(() => abort.abort(), call === 'startContainer' ? 300 : 50);
      }
      return answer;
    };
    const engine: Engine = { ...bench.engine, [call]: watched };
    const deadline = cancellationDeadline(abort.signal, systemClock);
    const result = await recreate(
      engine,
      old,
      image,
      to(next),
      options({ claim: claimOn(old), deadline, healthTimeoutMs: 60_000 }),
    );
    const ms = performance.now() - since;
    console.log(`cancelled at ${call}: ${result.kind} after ${Math.round(ms)} ms`);
    return { result, ms };
  }

  it('before the stop changes nothing', async () => {
    const old = await bench.run('early', v1.Id);
    const { result } = await cancelledAt('createContainer', old, v1, v2);
    expect(result).toMatchObject({ kind: 'untouched', why: expect.stringContaining('cancelled') });
    expect(await named('early')).toMatchObject({ Id: old.Id, State: { StartedAt: old.State.StartedAt } });
    expect(await beside('early')).toEqual([]);
  });

  it('during a stop that would take a minute hurries it, and the old container serves', async () => {
    const image = await bench.image('deaf', deaf);
    const old = await bench.run('deaf', '--stop-timeout', '60', image.Id);
    const { result, ms } = await cancelledAt('stopContainer', old, image, v2);
    expect(result).toMatchObject({ kind: 'restored', id: old.Id, why: expect.stringContaining('cancelled') });
    expect(ms).toBeLessThan(6_500);
    expect(await named('deaf')).toMatchObject({ Id: old.Id, State: { Running: true } });
    expect(await beside('deaf')).toEqual([]);
  });

  it('while the new container starts goes back at once, though that would be healthy soon: a cancelled run cannot watch it', async () => {
    const image = await bench.image('soon', idle, 'HEALTHCHECK --interval=1h CMD sleep 0.2');
    const old = await bench.run('soon', v1.Id);
    const { result, ms } = await cancelledAt('startContainer', old, v1, image);
    expect(result).toMatchObject({ kind: 'restored', id: old.Id, why: expect.stringContaining('cancelled') });
    expect(ms).toBeLessThan(6_000);
    expect(await named('soon')).toMatchObject({ Id: old.Id, State: { Running: true } });
    expect(await beside('soon')).toEqual([]);
  });

  it('while the new container starts goes back where that takes too long, even if neither likes to end', async () => {
    const check = 'HEALTHCHECK --interval=1h CMD sleep 20';
    const image = await bench.image('never', deaf, check);
    const old = await bench.run('never', '--stop-timeout', '1', v1.Id);
    const { result, ms } = await cancelledAt('startContainer', old, v1, image);
    expect(result).toMatchObject({ kind: 'restored', id: old.Id, why: expect.stringContaining('cancelled') });
    expect(ms).toBeLessThan(7_300);
    expect(await named('never')).toMatchObject({ Id: old.Id, State: { Running: true } });
    expect(await beside('never')).toEqual([]);
  });
});

describe('what a step is written down with', () => {
  it('is asked before it, and a failure before the stop leaves everything as it was', async () => {
    const old = await bench.run('noted', v1.Id);
    const notes: string[] = [];
    const record = async (step: string) => {
      notes.push(`${step}: ${(await named('noted')).State.Status}`);
      if (step === 'stop') throw new Error('the disk is full');
    };
    expect(await recreate(bench.engine, old, v1, to(v2), options({ claim: claimOn(old), record }))).toEqual({
      kind: 'untouched',
      why: 'the disk is full',
    });
    expect(notes).toEqual(['create: running', 'stop: running']);
    expect(await named('noted')).toMatchObject({ Id: old.Id, State: { StartedAt: old.State.StartedAt } });
    expect(await beside('noted')).toEqual([]);
  });
});
