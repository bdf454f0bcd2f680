import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Container, connect, healthy, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** A release under another version, in which the application octochat keeps its own. */
const build = (version: string, word: string) =>
  image(
    octochat({
      version,
      bumped: [],
      debian: 'trixie',
      files: { 'apps/octochat/priv/word.txt': word },
      replace: { 'apps/octochat/lib/octochat/command.ex': [['"PONG ', `"${word} `]] },
    }),
  );

describe('an application that was built again under its version', () => {
  let web: Container;
  let client: Lines;
  let pid: number;

  const lies = async () => (await evaluate(web, 'filename:basename(code:lib_dir(octochat))')).replaceAll('"', '');
  const priv = async () =>
    await evaluate(web, 'element(2, file:read_file(filename:join(code:priv_dir(octochat), "word.txt")))');
  const directories = async () =>
    (await web.exec('ls', '/app/lib')).split('\n').filter((name) => /^octochat-/.test(name));
  const restart = async () => {
    await docker('restart', '-t', '5', web.name);
    await healthy(web);
    client = await connect(await web.port(4040));
  };

  beforeAll(async () => {
    web = await start(await build('0.1.0', 'ONE'));
    client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('ONE 0.1.0 1');
    pid = (await web.inspect()).State.Pid;
  });

  it('is loaded hot from a directory of its own, beside the one that the old release boots', async () => {
    const two = await build('0.1.1', 'TWO');

    const { report, log } = await deployTo(web.name, { image: two, rehearse: 'always' });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(report.instructions).toContain('octochat 0.1.0: another build');
    expect(await client.ask('PING')).toBe('TWO 0.1.0 2');
    expect(await priv()).toBe('<<"TWO">>');
    expect(await lies()).toMatch(/^octochat-0\.1\.0\+[0-9a-f]{12}$/);
    expect(await evaluate(web, 'application:get_key(octochat, vsn)')).toBe('{ok,"0.1.0"}');
    expect(await web.exec('cat', '/app/lib/octochat-0.1.0/priv/word.txt')).toBe('ONE');
    const status = await deployTo(web.name, { mode: 'status', image: two });
    expect(status.report.containers[0]?.drift).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
  });

  it('boots after a restart of the container, which is then still what the image holds', async () => {
    await restart();
    expect(await client.ask('PING')).toBe('TWO 0.1.0 1');
    expect(await priv()).toBe('<<"TWO">>');
    expect(await lies()).toMatch(/^octochat-0\.1\.0\+/);
    expect(await web.exec('bin/octochat', 'eval', 'IO.write(Application.app_dir(:octochat))')).toMatch(
      /\/octochat-0\.1\.0\+[0-9a-f]{12}$/,
    );
    pid = (await web.inspect()).State.Pid;
    const status = await deployTo(web.name, { mode: 'status', image: await build('0.1.1', 'TWO') });
    expect(status.report.containers[0]?.drift).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
  });

  it('makes room for a third build, and where it does not change it stays where it is', async () => {
    const { report, log } = await deployTo(web.name, { image: await build('0.1.2', 'TWO'), rehearse: 'always' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(await client.ask('PING')).toBe('TWO 0.1.0 2');
    const second = await lies();
    expect(await directories()).toEqual(['octochat-0.1.0', second]);

    const third = await deployTo(web.name, { image: await build('0.1.3', 'THREE') });
    expect(third.report, third.log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(await client.ask('PING')).toBe('THREE 0.1.0 3');
    expect(await lies()).not.toBe(second);
    expect((await directories()).length).toBe(3);
  });

  it('goes back hot, to the very bytes that ran before, and a restart boots those', async () => {
    const { report, log } = await deployTo(web.name, { mode: 'rollback', to: '0.1.2' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await client.ask('PING')).toBe('TWO 0.1.0 4');
    expect((await web.inspect()).State.Pid).toBe(pid);

    const first = await deployTo(web.name, { mode: 'rollback', to: '0.1.0' });
    expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'relup' });
    expect(await client.ask('PING')).toBe('ONE 0.1.0 5');
    expect(await priv()).toBe('<<"ONE">>');
    expect(await lies()).toBe('octochat-0.1.0');
    await restart();
    expect(await client.ask('PING')).toBe('ONE 0.1.0 1');
    expect(await lies()).toBe('octochat-0.1.0');
  });
});
