import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { someOf } from '../support/tier.js';
import { type Container, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const overlays = (settings: string) => ({
  'rel/overlays/etc/app.toml': settings,
  'rel/overlays/README': 'Read me.\n',
});
const release = (version: 1 | 2, settings: string) =>
  image({ example: 'octochat', version, debian: 'bookworm', files: overlays(settings) });

let web: Container;
/** An image that is loaded hot, and differs in nothing else from what runs. */
let good: string;

beforeAll(async () => {
  const v1 = await ownImage(await release(1, 'mood = "good"\n'));
  good = await release(2, 'mood = "good"\n');
  web = await start(v1);
  // What an application writes into its directory says nothing about the images.
  await web.exec('sh', '-c', 'cd /app && echo own >>etc/app.toml && rm README && mkdir data && echo own >data/state');
});

afterAll(async () => {
  await removeContainers();
  await removeOwnImages();
  await removeImages();
});

async function planned(reference: string): Promise<Report> {
  const { report, log } = await deployTo(web.name, { mode: 'plan', image: reference });
  expect(report, log).toMatchObject({ outcome: 'planned', from: '0.1.0', to: '0.2.0' });
  return report;
}

const told = ({ reasons }: Report) => reasons.map(({ code, subject }) => `${code} ${subject}`);
const inApp = (command: string) => ['USER root', 'WORKDIR /app', `RUN ${command}`, 'USER octochat'];
const priv = 'lib/octochat-0.2.0/priv';

describe('carried hot is', () => {
  it.each<[what: string, lines: readonly string[]]>(
    someOf(3, [
      ['the release alone', []],
      ['a label', ['LABEL commit=4f2c']],
      ['what only builds on the image would run', ['ONBUILD RUN true']],
      ['a file in priv', inApp(`mkdir -p ${priv} && echo '<svg/>' >${priv}/logo.svg`)],
      ['a static asset', inApp(`mkdir -p ${priv}/static && echo '{}' >${priv}/static/cache_manifest.json`)],
      ['what a shell attached to the node reads', inApp('echo "-kernel x 1" >>releases/0.2.0/remote.vm.args')],
      ['configuration', inApp('echo "config :octochat, greeting: \\"ahoy\\"" >>releases/0.2.0/runtime.exs')],
    ]),
  )('%s', async (_, lines) => {
    const report = await planned(await ownImage(good, ...lines));
    expect(told(report)).toEqual([]);
    expect(report.method).toBe('relup');
    expect(await throwaways()).toEqual([]);
  });
});

describe('a reason for a new container is', () => {
  it.each<[what: string, lines: readonly string[], ...reasons: string[]]>(
    someOf(3, [
      ['vm.args', inApp('echo "+P 500000" >>releases/0.2.0/vm.args'), 'vm-args-changed releases/VSN/vm.args'],
      ['env.sh', inApp('echo "export MOOD=good" >>releases/0.2.0/env.sh'), 'boot-script-changed releases/VSN/env.sh'],
      [
        'the script that starts the VM',
        inApp('echo true >>releases/0.2.0/elixir'),
        'boot-script-changed releases/VSN/elixir',
      ],
      ['the start script', inApp('echo true >>bin/octochat'), 'boot-script-changed bin/octochat'],
      ['a new script', inApp('echo true >bin/migrate'), 'boot-script-changed bin/migrate'],
      ['another overlay', inApp(`echo 'mood = "bad"' >etc/app.toml`), 'overlay-changed etc/app.toml'],
      ['one more overlay', inApp('mkdir share && echo 1 >share/table'), 'overlay-changed share/table'],
      ['two more overlays', inApp('echo 1 >etc/one && echo 2 >etc/two'), 'overlay-changed etc'],
      ['an overlay less', inApp('rm README'), 'overlay-changed README'],
      [
        'an overlay that became a link',
        inApp('mv README etc/README && ln -s etc/README README'),
        'overlay-changed README',
        'overlay-changed etc/README',
      ],
      ['a file beside the applications', inApp('echo 1 >lib/README'), 'overlay-changed lib/README'],
      [
        'a patched emulator of the same version',
        inApp('echo >>"$(echo erts-*)/bin/beam.smp"'),
        'overlay-changed erts-13.1.5/bin/beam.smp',
      ],
      [
        'a file in priv of an application of the platform',
        inApp('mkdir -p "$(echo lib/logger-*)/priv" && echo 1 >"$(echo lib/logger-*)/priv/x"'),
        'otp-app-changed logger',
      ],
      [
        'a file of the system',
        ['USER root', 'RUN echo moo >>/etc/issue', 'USER octochat'],
        'base-image-changed /etc/issue',
      ],
      [
        'one more library',
        ['USER root', 'RUN cp /bin/true /usr/lib/x.so', 'USER octochat'],
        'base-image-changed /usr/lib/x.so',
      ],
      [
        'a file of the system less',
        ['USER root', 'RUN rm /etc/issue', 'USER octochat'],
        'base-image-changed /etc/issue',
      ],
      [
        'a link of the system',
        ['USER root', 'RUN ln -sf /usr/share/zoneinfo/UTC /etc/localtime', 'USER octochat'],
        'base-image-changed /etc/localtime',
      ],
      ['ENV', ['ENV MOOD=good LANG=C'], 'container-config-changed ENV LANG', 'container-config-changed ENV MOOD'],
      ['USER', ['USER root'], 'container-config-changed USER'],
      ['ENTRYPOINT', ['ENTRYPOINT ["env"]', 'CMD ["bin/octochat", "start"]'], 'container-config-changed ENTRYPOINT'],
      ['CMD', ['CMD ["sh", "-c", "exec bin/octochat start"]'], 'container-config-changed CMD'],
      [
        'WORKDIR',
        ['WORKDIR /app/bin', 'CMD ["./octochat", "start"]'],
        'container-config-changed CMD',
        'container-config-changed WORKINGDIR',
      ],
      ['VOLUME', ['VOLUME /srv/data'], 'container-config-changed VOLUMES'],
      ['EXPOSE', ['EXPOSE 9090'], 'container-config-changed EXPOSEDPORTS'],
      ['HEALTHCHECK', ['HEALTHCHECK NONE'], 'container-config-changed HEALTHCHECK'],
      ['STOPSIGNAL', ['STOPSIGNAL SIGQUIT'], 'container-config-changed STOPSIGNAL'],
      ['SHELL', ['SHELL ["/bin/bash", "-c"]'], 'container-config-changed SHELL'],
    ]),
  )('%s', async (_, lines, ...reasons) => {
    const report = await planned(await ownImage(good, ...lines));
    expect(told(report).toSorted()).toEqual(reasons.toSorted());
    expect(report.method).toBe('recreate');
    for (const { message } of report.reasons) expect(message).toMatch(/\.$/);
    expect(await throwaways()).toEqual([]);
  });

  it('none that helps where its command is not there: its boot is what fails', async () => {
    const report = await planned(await ownImage(good, 'WORKDIR /'));
    const failed = report.reasons.find(({ code }) => code === 'cold-boot-failed');
    expect(failed?.message).toContain('bin/octochat');
  });

  it('another file in rel/overlays, as mix lays it into the release', async () => {
    const report = await planned(await ownImage(await release(2, 'mood = "bad"\n')));
    expect(told(report)).toEqual(['overlay-changed etc/app.toml']);
    expect(report.reasons[0]?.message).toContain('It takes a new container.');
  });
});
