import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeNightly, itNightly } from '../support/nightly.js';
import { startHotDeploy } from '../support/world/command.js';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages, type Source } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const bare = ['[turnstile, sasl]', '[turnstile]'] as const;

/** The relx release without sasl, and in its version 2 with what the second one answers. */
const build = (version: 1 | 2, answer = 'ERROR unknown') =>
  image({
    ...{ example: 'turnstile', version, debian: 'trixie' },
    replace: { 'rebar.config': [bare], 'src/turnstile_command.erl': [['ERROR unknown', answer]] },
  } satisfies Source);

describe('a release without sasl', () => {
  let gate: Container;
  let client: Lines;
  let pid: number;

  const restart = async () => {
    await docker('restart', '-t', '5', gate.name);
    await healthy(gate);
    client = await connect(await gate.port(4050));
    pid = (await gate.inspect()).State.Pid;
  };
  const state = async (reference: string) => {
    const { report } = await deployTo(gate.name, { mode: 'status', image: reference });
    return report.containers[0]?.drift;
  };

  beforeAll(async () => {
    gate = await start(await build(1));
    client = await connect(await gate.port(4050));
    pid = (await gate.inspect()).State.Pid;
    expect(await client.ask('COIN')).toBe('UNLOCKED');
  });

  it('is loaded hot module by module, with the states of its processes, and is what the image holds', async () => {
    const { report, log } = await deployTo(gate.name, { image: await build(2), rehearse: 'always' });

    expect(report, JSON.stringify(report.reasons)).toMatchObject({ outcome: 'deployed', method: 'modules' });
    expect(report.reasons.map(({ code, blocks }) => [code, ...blocks])).toEqual([
      ['sasl-missing', 'relup'],
      ['sasl-missing', 'relup'],
    ]);
    expect(report.containers[0]).toMatchObject({ from: '0.1.0', to: '0.2.0' });
    expect(report.containers[0]?.proof, log).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await client.ask('VERSION')).toBe('0.2.0 1');
    expect(await client.ask('PUSH')).toBe('PASSED');
    expect(await client.ask('PUSH')).toBe('LOCKED');
    expect(await client.ask('FINES')).toBe('1');
    expect((await gate.inspect()).State.Pid).toBe(pid);
    expect(await evaluate(gate, 'whereis(release_handler)')).toBe('undefined');
    expect(await state(await build(2))).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
  });

  it('boots that after a restart of the container', async () => {
    await restart();
    expect(await client.ask('VERSION')).toBe('0.2.0 0');
    expect(await state(await build(2))).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
  });

  itNightly('takes up a build of the same version, and goes back over both, hot', async () => {
    const { report, log } = await deployTo(gate.name, {
      ...{ image: await build(2, 'WHAT'), rehearse: 'always', strategy: 'modules' },
    });
    expect(report.reasons.map(({ code }) => code)).toEqual(['strategy-other']);
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'modules' });
    expect(report.containers[0]?.to).toMatch(/^0\.2\.0\+hot\.[0-9a-f]{12}$/);
    expect(await client.ask('X')).toBe('WHAT');

    const back = await deployTo(gate.name, { mode: 'rollback', rehearse: 'always' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'modules' });
    expect(await client.ask('X')).toBe('ERROR unknown');
    expect(await client.ask('COIN')).toBe('UNLOCKED');

    const first = await deployTo(gate.name, { mode: 'rollback', to: '0.1.0', rehearse: 'always' });
    expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'modules' });
    expect(first.report.containers[0]).toMatchObject({ to: '0.1.0', proof: { converged: true } });
    expect(await client.ask('VERSION')).toBe('0.1.0 1');
    expect((await gate.inspect()).State.Pid).toBe(pid);
    await restart();
    expect(await client.ask('VERSION')).toBe('0.1.0 0');
  });
});

// From the first look at the node on: before the switch, in it, in the soak, while it becomes final.
describeNightly.each([0, 200, 500, 1_000, 2_000, 3_500])(
  'a run that is killed %i ms after it has brought the files',
  (ms) => {
    it('leaves no suspended process and no mixed modules, and the next run comes to what was asked for', async () => {
      const gate = await start(await build(1));
      const client = await connect(await gate.port(4050));
      expect(await client.ask('COIN')).toBe('UNLOCKED');
      const words = ['--containers', gate.name, '--image', await build(2), '--no-build', '--rehearse', 'never'];
      const run = await startHotDeploy(['deploy', ...words, '--soak', '1s', '--drain', '1s']);
      await run.says(': stage, ');
      await new Promise((wake) => setTimeout(wake, ms));
      run.kill('SIGKILL');
      await run.ended;

      const { report, log } = await deployTo(gate.name, { image: await build(2) });

      expect(['deployed', 'unchanged'], log).toContain(report.outcome);
      expect(report.containers[0], log).toMatchObject({ method: report.outcome === 'deployed' ? 'modules' : 'none' });
      expect(await client.ask('VERSION')).toBe('0.2.0 1');
      // It reports suspended processes, too.
      const { report: status } = await deployTo(gate.name, { mode: 'status', image: await build(2) });
      expect(status.containers[0]?.drift).toMatchObject({ state: 'equal', differences: [] });
      client.close();
    });
  },
);

describeNightly('a release with sasl', () => {
  const withSasl = (version: 1 | 2, answer = 'ERROR unknown') =>
    image({
      ...{ example: 'turnstile', version, debian: 'bookworm' },
      replace: { 'src/turnstile_command.erl': [['ERROR unknown', answer]] },
    } satisfies Source);

  it('is loaded module by module where a relup would not find a process, and goes back so', async () => {
    const gate = await start(await withSasl(1));
    const { Pid: pid } = (await gate.inspect()).State;
    const stray = (call: string) => evaluate(gate, `gen_statem:call(stray, ${call})`);
    await evaluate(gate, '{ok, _} = gen_statem:start({local, stray}, turnstile, [], []), ok');
    await stray('coin');

    const { report, log } = await deployTo(gate.name, { image: await withSasl(2), rehearse: 'always' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'modules', to: '0.2.0' });
    expect(report.reasons.filter(({ blocks }) => blocks.length > 0)).toMatchObject([
      { code: 'special-process-changed', subject: expect.stringContaining('stray'), blocks: ['relup'] },
    ]);
    expect([await stray('coins'), await stray('fines')]).toEqual(['1', '0']);

    const back = await deployTo(gate.name, { mode: 'rollback', rehearse: 'always' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'modules', to: '0.1.0' });
    expect(await evaluate(gate, 'sys:get_state(stray)')).toBe('{unlocked,{data,0,1}}');
    expect((await gate.inspect()).State.Pid).toBe(pid);
  });

  it('is loaded module by module where that is asked for, then by a relup, and goes back over both', async () => {
    const gate = await start(await withSasl(1));
    const client = await connect(await gate.port(4050));
    expect(await client.ask('COIN')).toBe('UNLOCKED');
    const { Pid: pid } = (await gate.inspect()).State;
    const releases = async (status: string) =>
      await evaluate(gate, `[V || {_, V, _, ${status}} <- release_handler:which_releases()]`);

    const first = await deployTo(gate.name, { image: await withSasl(2), strategy: 'modules', rehearse: 'always' });
    expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'modules', to: '0.2.0' });
    expect(first.report.containers[0]?.proof).toMatchObject({ converged: true });
    expect(await client.ask('VERSION')).toBe('0.2.0 1');
    expect(await releases('permanent')).toBe('["0.2.0"]');

    const second = await deployTo(gate.name, { image: await withSasl(2, 'WHAT'), rehearse: 'always' });
    expect(second.report, second.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await client.ask('X')).toBe('WHAT');

    const back = await deployTo(gate.name, { mode: 'rollback', rehearse: 'always' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.2.0' });
    expect(await client.ask('X')).toBe('ERROR unknown');
    const whole = await deployTo(gate.name, { mode: 'rollback', to: '0.1.0', rehearse: 'always' });
    expect(whole.report, whole.log).toMatchObject({ outcome: 'deployed', method: 'modules', to: '0.1.0' });
    expect(await client.ask('VERSION')).toBe('0.1.0 1');
    expect((await gate.inspect()).State.Pid).toBe(pid);
    expect([await releases('permanent'), await releases('current')]).toEqual(['["0.1.0"]', '[]']);

    client.close();
    await docker('restart', '-t', '5', gate.name);
    await healthy(gate);
    expect(await (await connect(await gate.port(4050))).ask('VERSION')).toBe('0.1.0 0');
    const { report } = await deployTo(gate.name, { mode: 'status', image: await withSasl(1) });
    expect(report.containers[0]?.drift).toMatchObject({ state: 'equal', differences: [] });
  });
});
