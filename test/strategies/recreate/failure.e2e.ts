import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { idle } from '../../engines/workbench.js';
import { waitingClock } from '../../support/world/waiting-clock.js';
import { attempt, bench, inside, leftOver, named, openBench, v1 } from './attempt.js';

openBench();

describe('when the new image fails, the old container serves again', () => {
  const serves = async (old: ContainerDetails) => {
    const { Name: name, Id: id, State: state } = await bench.engine.inspectContainer(old.Id);
    expect({ name, id, running: state.Running }).toEqual({ name: old.Name, id: old.Id, running: true });
    expect(await leftOver()).toEqual([]);
  };

  it('because its health check fails', async () => {
    const sick = await bench.image(
      'sick',
      idle,
      'HEALTHCHECK --interval=100ms --retries=2 CMD echo no database; exit 1',
    );
    const old = await bench.run('sick', v1.Id);
    const { result } = await attempt(old, sick);
    expect(result).toEqual({
      kind: 'restored',
      id: old.Id,
      why: expect.stringMatching(/HEALTHCHECK failed \d+ times \(“no database”\)/),
    });
    await serves(old);
  });

  it('because it is still starting when the time is up', async () => {
    const slow = await bench.image('slow', idle, 'HEALTHCHECK --interval=1h CMD echo not yet; exit 1');
    const old = await bench.run('slow', v1.Id);
    const { result } = await attempt(old, slow, { healthTimeoutMs: 1_500, clock: waitingClock() });
    expect(result).toMatchObject({
      kind: 'restored',
      why: expect.stringMatching(/still starting after 1.5 s .*not yet/),
    });
    await serves(old);
  });

  it.each(['no', 'always'])('because its process ends at once, with restart policy %s', async (policy) => {
    const crash = await bench.image(`crash-${policy}`, 'CMD ["sh", "-c", "echo no configuration >&2; exit 7"]');
    const old = await bench.run(`crash-${policy}`, '--restart', policy, v1.Id);
    const { result, phases } = await attempt(old, crash, { clock: waitingClock() });
    const why =
      policy === 'no' ? /exit code 7; .*\n“no configuration/ : /(exit code 7|was restarted).*\n“no configuration/;
    expect(result).toMatchObject({ kind: 'restored', why: expect.stringMatching(why) });
    expect(phases['health']).toBeLessThan(1_900);
    await serves(old);
  });

  it('because it cannot be started', async () => {
    const broken = await bench.image('broken', 'ENTRYPOINT ["/no/such/program"]');
    const old = await bench.run('broken', v1.Id);
    const { result } = await attempt(old, broken);
    expect(result).toMatchObject({ kind: 'restored', why: expect.stringContaining('/no/such/program') });
    await serves(old);
  });

  it('with its data', async () => {
    const crash = await bench.image('crash-data', 'VOLUME /data', 'VOLUME /other', 'CMD ["false"]');
    const old = await bench.run('data-back', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const made = new Set<string>();
    const watched: Engine = {
      ...bench.engine,
      removeContainer: async (id, options) => {
        for (const { Name: volume } of (await bench.engine.inspectContainer(id)).Mounts) if (volume) made.add(volume);
        await bench.engine.removeContainer(id, options);
      },
    };
    expect((await attempt(old, crash, { engine: watched })).result.kind).toBe('restored');
    await serves(old);
    expect(await inside(old.Id, 'cat', '/data/file')).toBe('kept');
    expect(made.size).toBe(2);
    const left = (await bench.docker('volume', 'ls', '--quiet')).split('\n').filter((volume) => made.has(volume));
    expect(left).toEqual(old.Mounts.map(({ Name: volume }) => volume));
  });

  it('and is healthy again before that is said', async () => {
    const crash = await bench.image('crash-health', 'CMD ["false"]');
    const old = await bench.run('well', '--health-cmd', 'sleep 0.3', '--health-interval', '100ms', v1.Id);
    await expect.poll(async () => (await named('well')).State.Health?.Status).toBe('healthy');
    const { result, phases } = await attempt(await named('well'), crash);
    expect(result.kind).toBe('restored');
    expect(phases['restore']).toBeGreaterThan(300);
    await serves(old);
  });

  it('made anew where the engine deleted it, with its data', async () => {
    const crash = await bench.image('crash-rm', 'VOLUME /data', 'CMD ["false"]');
    const old = await bench.run('rm-back', '--rm', '--env', 'KEY=1', v1.Id);
    await inside(old.Id, 'sh', '-c', 'echo kept >/data/file');
    const { result } = await attempt(old, crash);
    const again = await named('rm-back');
    expect(result).toMatchObject({ kind: 'restored', id: again.Id });
    expect(again.Image).toBe(v1.Id);
    expect(await inside(again.Id, 'sh', '-c', 'echo $VERSION $KEY; cat /data/file')).toBe('1 1\nkept');
    expect(await leftOver()).toEqual([]);
  });
});
