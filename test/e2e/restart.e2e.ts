import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import {
  type Container,
  connect,
  healthy,
  published,
  removeContainers,
  start,
  unused,
} from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { octochat, served } from '../support/world/octochat.js';

const v1 = () => image({ example: 'octochat', version: 1, debian: 'bookworm' });
const v2 = () => image({ example: 'octochat', version: 2, debian: 'bookworm' });
const healthCheck = 'HEALTHCHECK --interval=1s --timeout=2s --start-period=10s --retries=3';

const network = unused('hd-network');
const volume = unused('hd-volume');

afterEach(() => removeContainers());
afterAll(async () => {
  await removeImages();
  await docker('network', 'rm', network).catch(() => undefined);
  await docker('volume', 'rm', volume).catch(() => undefined);
});

/** What a re-creation of the container may have left of it. */
async function leftOver({ name }: Container): Promise<readonly string[]> {
  const names = (await docker('ps', '-a', '--format', '{{.Names}}')).split('\n');
  return names.filter((each) => each.startsWith(`${name}.`));
}

describe('a new Erlang runtime', () => {
  it('is taken up by a restart that is measured, keeps what the user set, is proved, and lasts', async () => {
    const v3 = await image({ example: 'octochat', version: 3 });
    await docker('network', 'create', network);
    const web = await start(await v2(), [
      ...['--network', network, '--network-alias', 'chat', '--restart', 'unless-stopped', '--memory', '512m'],
      ...['-e', 'OCTOCHAT_GREETING=ahoy', '-e', 'OCTOCHAT_MOTTO=a=b c', '--label', 'team=sea', '-v', `${volume}:/data`],
      ...(await published(4040, 8080)),
    ]);
    await docker('exec', '-u', '0', web.name, 'sh', '-c', 'echo kept >/data/file');
    const before = await settings(web);
    const { Id: oldId } = await web.inspect();

    const { report, log } = await deployTo(web.name, { image: v3, probe: 'http://{container}:8080/health' });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate', from: '0.2.0', to: '0.3.0' });
    const [reason] = report.reasons;
    expect(reason).toMatchObject({ code: 'erts-changed', subject: 'erts' });
    expect(reason?.message).toMatch(/ERTS 13\.\S+ \(OTP 25\) runs and the image brings 15\.\S+ \(OTP 27\)/);
    const [row] = report.containers;
    expect(row?.downtime?.failed).toBeGreaterThan(0);
    expect(row?.downtime?.ms).toBeGreaterThan(0);
    // Longer than a pause between two requests, and no longer than the whole restart took.
    const restart = row?.phases.filter(({ name }) => ['stop', 'rename', 'start', 'health'].includes(name)) ?? [];
    expect(row?.downtime?.ms).toBeLessThan(restart.reduce((sum, { ms }) => sum + ms, 0) + 500);
    expect(row?.settings).toEqual({ equal: true, differing: [] });
    expect(await settings(web)).toEqual(before);
    expect(await web.exec('cat', '/data/file')).toBe('kept');
    const client = await connect(await web.port(4040));
    expect(await client.ask('PING')).toBe('PONG 0.3.0 1');
    expect(await client.ask('MOTTO')).toBe('a=b c');
    expect(row?.proof).toMatchObject({
      converged: true,
      modules: { differing: [] },
      versions: { octochat: '0.3.0', kv: '0.3.0' },
      vm: { sameProcess: false },
    });
    expect(row?.proof?.modules.expected).toBe(row?.proof?.modules.matching);
    expect(row?.proof?.modules.matching).toBeGreaterThan(100);
    expect((await web.inspect()).Id).not.toBe(oldId);
    // What ran before stays for a way back.
    expect(await leftOver(web)).toEqual([`${web.name}.hot-deploy-previous-${oldId.slice(0, 12)}`]);
    expect(row?.earlier?.containers).toMatchObject([{ id: oldId, bytes: expect.any(Number) }]);

    await docker('restart', web.name);
    await healthy(web);
    expect(await served(web)).toBe('0.3.0');
  });

  it('that never gets healthy ends where it began: the same container serves, and nothing is left over', async () => {
    const sick = await image({
      example: 'octochat',
      version: 3,
      replace: { Dockerfile: [[healthCheck, `HEALTHCHECK --interval=1s --retries=2 CMD ["false"]\n#`]] },
    });
    const web = await start(await v2());
    const { Id, Image } = await web.inspect();

    const { report, log } = await deployTo(web.name, { image: sick, probe: 'http://{container}:8080/health' });

    expect(report, log).toMatchObject({ outcome: 'rolled-back', method: 'recreate', from: '0.2.0', to: '0.3.0' });
    expect(report.message).toMatch(
      /HEALTHCHECK failed 2 times.*\. The old container serves again\. Its node says that it runs 0\.2\.0\.$/s,
    );
    expect(report.containers[0]).toMatchObject({ outcome: 'rolled-back', id: Id });
    expect(report.containers[0]?.downtime?.ms).toBeGreaterThan(0);
    expect(await web.inspect()).toMatchObject({ Id, Image, State: { Status: 'running' } });
    await healthy(web);
    expect(await served(web)).toBe('0.2.0');
    expect(await leftOver(web)).toEqual([]);
    expect(await docker('ps', '-aq', '--filter', `ancestor=${sick}`)).toBe('');
  });
});

/** What inspect tells of a container that the user chose. */
async function settings(container: Container): Promise<unknown> {
  const { Config, HostConfig, NetworkSettings, Mounts } = (await container.inspect()) as unknown as Record<
    string,
    Record<string, unknown>
  >;
  const { Env, Labels, Cmd, User, WorkingDir, ExposedPorts } = Config ?? {};
  const own = Object.entries((Labels ?? {}) as Record<string, string>).filter(([name]) => !/^hot-deploy\./.test(name));
  const networks = Object.entries((NetworkSettings?.['Networks'] ?? {}) as Record<string, { Aliases: string[] }>);
  return {
    config: { Env, labels: Object.fromEntries(own), Cmd, User, WorkingDir, ExposedPorts },
    HostConfig,
    Mounts,
    ports: NetworkSettings?.['Ports'],
    // The Engine adds the container's own short id, which is another one.
    aliases: networks.map(([name, { Aliases }]) => [name, Aliases.filter((alias) => !/^[0-9a-f]{12}$/.test(alias))]),
  };
}

describe('what a hot load cannot bring', () => {
  itNightly(
    'is named, each by its own reason: settings, arguments of the VM, start scripts, files of the system',
    async () => {
      const web = await start(await v1());
      const changed = await image(
        octochat({
          version: '0.2.0',
          basis: 2,
          files: {
            'rel/vm.args.eex': '+P 2000000\n',
            'rel/env.sh.eex': '#!/bin/sh\nexport OCTOCHAT_MOODS=many\n',
            'package/DEBIAN/control':
              'Package: moods\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: none\n',
            'package/usr/share/moods/list': 'many\n',
          },
          replace: {
            Dockerfile: [
              ['RUN mix compile', 'RUN dpkg-deb --root-owner-group --build package /moods.deb && mix compile'],
              [
                'USER octochat',
                'COPY --from=build /moods.deb /\nRUN dpkg -i /moods.deb && rm /moods.deb\nENV MOOD=good\nUSER octochat',
              ],
            ],
          },
        }),
      );

      const { report, log } = await deployTo(web.name, { image: changed, mode: 'plan' });

      expect(report, log).toMatchObject({ outcome: 'planned', method: 'recreate' });
      expect(report.reasons.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
        'vm-args-changed releases/VSN/vm.args',
        'boot-script-changed releases/VSN/env.sh',
        'container-config-changed ENV MOOD',
        'base-image-changed /usr/share/moods/list',
      ]);
      expect(report.reasons.at(-1)?.message).toContain('/var/lib/dpkg/info/moods.list');
      expect(await served(web)).toBe('0.1.0');
    },
  );

  itNightly('is not to be found in layers that differ while their files are equal: that stays hot', async () => {
    const web = await start(await v1());
    const layered = await image({
      example: 'octochat',
      version: 2,
      debian: 'bookworm',
      replace: {
        Dockerfile: [['WORKDIR /app\nCOPY --from', 'WORKDIR /app\nRUN touch /usr/bin/env && true\nCOPY --from']],
      },
    });
    const layers = async (name: string) =>
      JSON.parse(await docker('inspect', '-f', '{{json .RootFS.Layers}}', name)) as string[];
    expect((await layers(layered)).length).toBe((await layers(await v1())).length + 1);

    const { report, log } = await deployTo(web.name, { image: layered });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(await served(web)).toBe('0.2.0');
  });
});

describe('strategy restart', () => {
  itNightly('restarts what could have been loaded hot, because it was asked for', async () => {
    const web = await start(await v1());
    const { report, log } = await deployTo(web.name, { image: await v2(), strategy: 'restart' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.reasons.map(({ code }) => code)).toEqual(['strategy-restart']);
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: false } });
    expect(await served(web)).toBe('0.2.0');
  });
});
