import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** The same version of everything, whatever is in it. */
const build = (word: string) =>
  image(
    octochat({
      version: '0.1.0',
      debian: 'trixie',
      replace: {
        'apps/octochat/lib/octochat/command.ex': [['"PONG ', `"${word} `]],
        'config/runtime.exs': [['import Config', `import Config\nconfig :octochat, word: "${word}"`]],
      },
    }),
  );

describe('a release of a team that never bumps a version', () => {
  let web: Container;
  let client: Lines;
  let pid: number;
  let second: string;

  const restart = async () => {
    await docker('restart', '-t', '5', web.name);
    await healthy(web);
    client = await connect(await web.port(4040));
  };
  const configured = async () => await evaluate(web, 'application:get_env(octochat, word)');
  const state = async (reference: string) => {
    const { report } = await deployTo(web.name, { mode: 'status', image: reference });
    return report.containers[0]?.drift;
  };

  beforeAll(async () => {
    web = await start(await build('ONE'));
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('ONE 0.1.0 1');
    pid = (await web.inspect()).State.Pid;
  });

  it('is loaded hot under a build version, with its settings, and is what the image holds', async () => {
    const { report, log } = await deployTo(web.name, { image: await build('TWO'), rehearse: 'always' });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    second = report.containers[0]?.to ?? '';
    expect(second).toMatch(/^0\.1\.0\+hot\.[0-9a-f]{12}$/);
    expect(await client.ask('PING')).toBe('TWO 0.1.0 2');
    expect(await configured()).toBe('{ok,<<"TWO">>}');
    expect(await state(await build('TWO'))).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
    expect(await state(await build('ONE'))).toMatchObject({ state: 'differs' });
  });

  it('has nothing to do where the same build runs already', async () => {
    const { report } = await deployTo(web.name, { image: await build('TWO') });
    expect(report).toMatchObject({ outcome: 'unchanged' });
  });

  it('boots that build after a restart of the container', async () => {
    await restart();
    expect(await client.ask('PING')).toBe('TWO 0.1.0 1');
    expect(await configured()).toBe('{ok,<<"TWO">>}');
    expect(await state(await build('TWO'))).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
    pid = (await web.inspect()).State.Pid;
  });

  itNightly('goes on to a third build, and back by one and by two, hot', async () => {
    const third = await deployTo(web.name, { image: await build('THREE'), rehearse: 'always' });
    expect(third.report, third.log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(third.report.containers[0]).toMatchObject({ from: second });
    expect(await client.ask('PING')).toBe('THREE 0.1.0 2');

    const back = await deployTo(web.name, { mode: 'rollback', rehearse: 'always' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(back.report.containers[0]).toMatchObject({ to: second, proof: { converged: true } });
    expect(await client.ask('PING')).toBe('TWO 0.1.0 3');
    expect(await configured()).toBe('{ok,<<"TWO">>}');

    const first = await deployTo(web.name, { mode: 'rollback', to: '0.1.0' });
    expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await client.ask('PING')).toBe('ONE 0.1.0 4');
    expect((await web.inspect()).State.Pid).toBe(pid);
    await restart();
    expect(await client.ask('PING')).toBe('ONE 0.1.0 1');
  });

  itNightly('comes by a restart under its own version, and the container that was kept comes back', async () => {
    await deployTo(web.name, { image: await build('TWO') });
    const { report, log } = await deployTo(web.name, { image: await build('THREE'), strategy: 'restart' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.containers[0]).toMatchObject({ from: second, to: '0.1.0' });
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('THREE 0.1.0 1');
    expect(await state(await build('THREE'))).toMatchObject({ state: 'equal' });

    const back = await deployTo(web.name, { mode: 'rollback' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(back.report.containers[0]).toMatchObject({ from: '0.1.0', to: second });
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('TWO 0.1.0 1');
  });
});
