import { afterAll, describe, expect, it } from 'vitest';
import { type Container, connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { distilled } from '../support/world/distillery.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const one = () => image(distilled({ version: '0.1.0' }));
const two = () => image(distilled({ version: '0.2.0', basis: 2, bumped: ['kv', 'octochat'] }));

/** Version, what a configuration provider and what the start script fill in, and what a consolidated protocol answers. */
async function answers(container: Container): Promise<readonly string[]> {
  const client = await connect(await container.port(4040));
  const answers: string[] = [];
  for (const command of ['PING', 'GREETING', 'MOTTO', 'SHOW tuple']) answers.push(await client.ask(command));
  client.close();
  return answers;
}
const first = ['PONG 0.1.0 1', 'ahoy', 'ERROR unknown', 'ERROR unsupported'];
const second = ['PONG 0.2.0 1', 'ahoy', 'filled', '{4 2}'];

async function restarted(container: Container): Promise<void> {
  const up = (await container.inspect()).State.StartedAt;
  await docker('restart', container.name);
  expect((await container.inspect()).State.StartedAt).not.toBe(up);
  await expect.poll(() => served(container).catch(() => undefined)).toBeDefined();
}

async function expectEqual({ name }: Container, to: string, version: string): Promise<void> {
  const { report, log } = await deployTo(name, { mode: 'status', image: to });
  expect(report.containers[0]?.drift, log).toMatchObject({
    state: 'equal',
    differences: [],
    restart: { boots: version, same: true },
  });
}

describe('a release by distillery', () => {
  it('is deployed hot, boots what it was brought to, and goes back hot', async () => {
    const web = await start(await one(), ['-e', 'OCTOCHAT_GREETING=ahoy']);
    const client = await connect(await web.port(4040));
    expect(await client.ask('PUT key value')).toBe('OK');

    const up = await deployTo(web.name, { image: await two(), rehearse: 'auto' });
    expect(up.report, up.log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect([await client.ask('PING'), await client.ask('GET key')]).toEqual(['PONG 0.2.0 2', 'value']);
    expect(await answers(web)).toEqual(second);
    await restarted(web);
    expect(await answers(web)).toEqual(second);
    await expectEqual(web, await two(), '0.2.0');

    const back = await deployTo(web.name, { mode: 'rollback', rehearse: 'auto' });
    expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
    expect(await answers(web)).toEqual(first);
  });

  it('takes another build of its version hot, and boots that', async () => {
    const web = await start(await one(), ['-e', 'OCTOCHAT_GREETING=ahoy']);
    const other = await image(
      distilled({
        version: '0.1.0',
        replace: { 'apps/octochat/lib/octochat/command.ex': [['ERROR unknown', 'ERROR other']] },
      }),
    );
    const again = await deployTo(web.name, { image: other, rehearse: 'auto' });
    expect(again.report, again.log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    await restarted(web);
    expect(await answers(web)).toEqual(first.with(2, 'ERROR other'));
    await expectEqual(web, other, again.report.to ?? '');
  });

  it('is restarted, which its status says', async () => {
    const web = await start(await one(), ['-e', 'OCTOCHAT_GREETING=ahoy']);
    const { report, log } = await deployTo(web.name, { image: await two(), strategy: 'restart' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(await answers(web)).toEqual(second);
    await expectEqual(web, await two(), '0.2.0');
  });

  it('is restarted without a runtime of its own, since a later start would boot old code', async () => {
    const borrowed = (version: string, basis: 1 | 2) => image(distilled({ version, basis }, { borrowed: true }));
    const web = await start(await borrowed('0.1.0', 1), ['-e', 'OCTOCHAT_GREETING=ahoy']);
    const { report, log } = await deployTo(web.name, { image: await borrowed('0.2.0', 2) });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.reasons.map(({ code }) => code)).toEqual(['runtime-not-own']);
    expect(await answers(web)).toEqual(second);
  });
});
