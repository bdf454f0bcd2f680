import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { expectHot, expectRestarted, fleet } from '../support/world/fleet.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat, served } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

type Basis = 1 | 2;
const whole = 'releases: [octochat: [applications: [kv: :permanent, octochat: :permanent]]]';
const applications = '[applications: [kv: :permanent, octochat: :permanent]]';

/** Two releases of the umbrella, below one directory, and a command for one of them. */
const several = (basis: Basis) =>
  image(
    octochat({
      version: `0.${basis}.0`,
      basis,
      replace: {
        'mix.exs': [[whole, `releases: [web: ${applications}, worker: ${applications}]`]],
        Dockerfile: [
          ['mix release --path /app', 'mix release web --path /opt/web && mix release worker --path /opt/worker'],
          [
            'COPY --from=build --chown=octochat:octochat /app /app',
            'COPY --from=build --chown=octochat:octochat /opt /opt',
          ],
          ['WORKDIR /app', 'WORKDIR /opt'],
          ['CMD ["bin/octochat", "start"]', 'CMD ["web/bin/web", "start"]'],
        ],
      },
    }),
  );

describe('an image with two releases', () => {
  const deployed = fleet(
    {
      web: { image: () => several(1) },
      worker: { image: () => several(1), command: ['worker/bin/worker', 'start'] },
    },
    async () => ({ image: await several(2) }),
  );

  it.each(['web', 'worker'] as const)('upgrades %s hot, to its own', async (name) => {
    await expectHot(deployed(name));
    const { container } = deployed(name);
    expect(await served(container)).toBe('0.2.0');
    expect(await evaluate(container, '[{N,V}||{N,V,_,permanent}<-release_handler:which_releases()]')).toBe(
      `[{"${name}","0.2.0"}]`,
    );
  });
});

const withoutErts = (basis: Basis) =>
  image(
    octochat({
      version: `0.${basis}.0`,
      basis,
      replace: {
        'mix.exs': [[whole, whole.replace('[applications', '[include_erts: false, applications')]],
        Dockerfile: [['libstdc++6 libsystemd0 libtinfo6 zlib1g', 'elixir']],
      },
    }),
  );

it('a release without a runtime of its own is upgraded hot, boots what it was brought to, and goes back hot', async () => {
  const web = await start(await withoutErts(1));
  const { report, log } = await deployTo(web.name, { image: await withoutErts(2), rehearse: 'auto' });
  expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(await served(web)).toBe('0.2.0');

  await docker('restart', web.name);
  await expect.poll(() => served(web).catch(() => undefined)).toBe('0.2.0');

  const back = await deployTo(web.name, { mode: 'rollback' });
  expect(back.report, back.log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
  expect(await served(web)).toBe('0.1.0');
});

const turnstile = (version: Basis, fare: number) =>
  image({
    example: 'turnstile',
    version,
    debian: 'bookworm',
    replace: { 'config/sys.config.src': [['TURNSTILE_FARE:-1', `TURNSTILE_FARE:-${fare}`]] },
  });

it('a mounted sys.config stays stronger than what the new release configures', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'hot-deploy-mounted-')), 'sys.config');
  await writeFile(file, '[{turnstile, [{port, 4050}, {fare, 77}]}].\n');
  await chmod(file, 0o644);
  const gate = await start(await turnstile(1, 1), ['-v', `${file}:/app/sys.config:ro`]);
  const { report, log } = await deployTo(gate.name, { image: await turnstile(2, 2) });
  expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup' });
  expect(await evaluate(gate, 'application:get_env(turnstile, fare)')).toBe('{ok,77}');
});

describe('a setting that only a start reads', () => {
  const quieter = () =>
    image(octochat({ version: '0.2.0', basis: 2, replace: { 'config/runtime.exs': [['"info"', '"warning"']] } }));
  const deployed = fleet({ web: { image: () => image(octochat({ version: '0.1.0' })) } }, async () => ({
    image: await quieter(),
    rehearse: 'auto',
  }));

  it('takes a restart, which says so', async () => {
    await expectRestarted(deployed('web'), 'setting-kept logger:level');
    expect(await evaluate(deployed('web').container, 'maps:get(level, logger:get_primary_config())')).toBe('warning');
  });
});
