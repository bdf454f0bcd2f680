import { afterAll, describe, expect, it } from 'vitest';
import { describeNightly } from '../support/nightly.js';
import { connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { expectHot, expectRestarted, fleet } from '../support/world/fleet.js';
import { image, removeImages, type Source } from '../support/world/images.js';
import { octochat, served } from '../support/world/octochat.js';

const v1 = () => image({ example: 'octochat', version: 1, debian: 'bookworm' });
const v2 = () => image({ example: 'octochat', version: 2, debian: 'bookworm' });
const ownedByRoot = () =>
  image({
    example: 'octochat',
    version: 1,
    debian: 'bookworm',
    replace: { Dockerfile: [['COPY --from=build --chown=octochat:octochat /app /app', 'COPY --from=build /app /app']] },
  });

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** Of its own accord mix adds sasl to any release. */
const withoutSasl = () =>
  image(
    octochat({
      version: '0.0.9',
      replace: {
        'apps/octochat/mix.exs': [['[:logger, :sasl]', '[:logger]']],
        'mix.exs': [['octochat: :permanent', 'octochat: :permanent, sasl: :none']],
      },
    }),
  );

describe('one run over containers of every kind', () => {
  const deployed = fleet(
    {
      volume: { image: v1, args: ['--read-only', '--tmpfs', '/tmp', '-v', '/app'] },
      dropping: {
        image: v1,
        args: ['--user', '0', '--entrypoint', 'sh'],
        command: ['-c', 'exec setpriv --reuid=octochat --regid=octochat --init-groups bin/octochat start'],
      },
      exporting: {
        image: v1,
        args: ['-e', 'OCTOCHAT_GREETING=from docker run', '--entrypoint', 'sh'],
        command: [
          '-c',
          'export OCTOCHAT_GREETING="from the entrypoint" OCTOCHAT_MOTTO="line one\nline two"; exec bin/octochat start',
        ],
      },
      'read-only': { image: v1, args: ['--read-only', '--tmpfs', '/tmp'] },
      'owned by root': { image: ownedByRoot },
      'without sasl': { image: withoutSasl },
      undistributed: { image: v1, args: ['-e', 'RELEASE_DISTRIBUTION=none'] },
      // erl_call does not speak what this says, and a hidden node does.
      'by other words': { image: v1, args: ['-e', 'ERL_FLAGS=-proto_dist inet_tcp'] },
      unreachable: { image: v1, args: ['-e', 'ERL_FLAGS=-dist_listen false'] },
    },
    async () => ({ image: await v2() }),
  );

  it('upgrades hot where the root is read-only and the release lies on a volume', async () => {
    await expectHot(deployed('volume'));
    expect(await served(deployed('volume').container)).toBe('0.2.0');
  });

  it('upgrades hot where an entrypoint gave the VM another user than the container has, and gives that user the files', async () => {
    const { container } = deployed('dropping');
    await expectHot(deployed('dropping'));
    expect(await container.exec('id', '-u')).toBe('0');
    expect(await container.exec('find', '/app', '!', '-user', 'octochat')).toBe('');
    expect(await container.exec('ls', '/app/releases')).toContain('0.2.0');
  });

  it('upgrades hot with the variables that only an entrypoint exported', async () => {
    const { container } = deployed('exporting');
    await expectHot(deployed('exporting'));
    const client = await connect(await container.port(4040));
    expect(await client.ask('GREETING')).toBe('from the entrypoint');
    expect(await client.ask('MOTTO')).toBe('line one');
  });

  it('restarts where the root is read-only, and says that it is', async () => {
    await expectRestarted(deployed('read-only'), 'release-not-writable /app/releases');
    const { container, row } = deployed('read-only');
    expect(row.reasons[0]?.message).toContain('read-only root file system');
    expect(row.settings).toEqual({ equal: true, differing: [] });
    expect((await container.inspect()).HostConfig['ReadonlyRootfs']).toBe(true);
    expect(await served(container)).toBe('0.2.0');
  });

  it('restarts where the release belongs to another user, and says how the Dockerfile is made right', async () => {
    await expectRestarted(deployed('owned by root'), 'release-not-writable /app/releases');
    const { row, container } = deployed('owned by root');
    expect(row.reasons[0]?.message).toMatch(/Dockerfile: COPY --chown/);
    expect(row.proof?.converged).toBe(true);
    expect(await served(container)).toBe('0.2.0');
  });

  it('restarts where sasl was taken out of the release, and says what to do', async () => {
    await expectRestarted(deployed('without sasl'), 'application-added sasl', 'sasl-missing sasl');
    const { row, container } = deployed('without sasl');
    expect(row.from).toBe('0.0.9');
    const missing = row.reasons.find(({ code }) => code === 'sasl-missing');
    expect(missing?.message).toContain('Add :sasl to extra_applications');
    expect(await served(container)).toBe('0.2.0');
  });

  it('restarts where distribution is off, says that nobody could be asked for a proof, and does not do it twice', async () => {
    const { row, container } = deployed('undistributed');
    await expectRestarted(deployed('undistributed'), `distribution-off ${container.name}`);
    expect(row).toMatchObject({ from: '0.1.0', to: '0.2.0', settings: { equal: true } });
    expect(row.proof).toBeUndefined();
    expect(await served(container)).toBe('0.2.0');

    const again = await deployTo(container.name, { image: await v2() });
    expect(again.report, again.log).toMatchObject({ outcome: 'unchanged', method: 'none' });
  });

  it('upgrades hot where the node has a way of distribution that only a node speaks', async () => {
    await expectHot(deployed('by other words'));
    expect(await served(deployed('by other words').container)).toBe('0.2.0');
  });

  it('restarts where the node lets nobody in, which is said of the old one and of the new one', async () => {
    const { row, container } = deployed('unreachable');
    await expectRestarted(deployed('unreachable'), `node-unreachable ${container.name}`);
    expect(row.unasked).toContain('gave no answer');
    expect(await served(container)).toBe('0.2.0');
  });
});

describeNightly('a release that holds no sasl', () => {
  const turnstile = (version: 1 | 2, replace: Source['replace'] = {}) =>
    image({ example: 'turnstile', version, debian: 'bookworm', replace });
  const withoutSasl = () =>
    turnstile(1, {
      'rebar.config': [
        ['VERSION:-0.1.0', 'VERSION:-0.0.9'],
        ['[turnstile, sasl]', '[turnstile]'],
      ],
    });

  it('is restarted into one that does, and the deploy after that is hot', async () => {
    const gate = await start(await withoutSasl());

    const first = await deployTo(gate.name, { image: await turnstile(1) });
    expect(first.report, first.log).toMatchObject({ outcome: 'deployed', method: 'recreate', from: '0.0.9' });
    expect(first.report.reasons).toMatchObject([
      { code: 'sasl-missing', subject: 'sasl', blocks: ['relup'] },
      { code: 'application-added', subject: 'sasl', blocks: ['modules'] },
    ]);

    const client = await connect(await gate.port(4050));
    expect(await client.ask('COIN')).not.toMatch(/error/i);
    const second = await deployTo(gate.name, { image: await turnstile(2) });
    expect(second.report, second.log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(await client.ask('VERSION')).toBe('0.2.0 1');
  });
});
