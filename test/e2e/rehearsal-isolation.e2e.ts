import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { hotDeploy } from '../support/world/command.js';
import { type Container, healthy, removeContainers, start, unused } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { octochat } from '../support/world/octochat.js';
import { expectUntouched, ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const application = 'apps/octochat/lib/octochat/application.ex';
const json = 'apps/octochat/lib/octochat/json.ex';
const [production, apart, open] = [unused('prod'), unused('apart'), unused('open')];

/** A release that cannot boot without its database, for which another octochat stands. */
const needing = async (version: string) => {
  const ask = `{:ok, _} = :gen_tcp.connect(String.to_charlist(System.get_env("DB_HOST", "db")), 4040, [])`;
  const replace = { [application]: [['children = [', `${ask}\n\n    children = [`]] as const, ...more(version) };
  return await ownImage(await image(octochat({ version, replace })));
};
const more = (version: string) => (version === '0.3.0' ? {} : { [json]: [['def ', '# \n  def ']] as const });

let next: string;
let db: Container;
let web: Container;

beforeAll(async () => {
  await docker('network', 'create', production);
  await docker('network', 'create', '--internal', apart);
  await docker('network', 'create', open);
  const one = await image({ example: 'octochat', version: 1, debian: 'bookworm' });
  // Without a HEALTHCHECK nobody connects to it but the release that needs it.
  db = await start(one, ['--network', production, '--network-alias', 'db', '--no-healthcheck']);
  next = await needing('0.3.1');
  await start(one, ['--network', apart, '--network-alias', 'test-db']);
  web = await start(await needing('0.3.0'), ['--network', production]);
});

afterAll(async () => {
  await removeContainers();
  await docker('network', 'rm', production, apart, open);
  await removeOwnImages();
  await removeImages();
});

const plan = async (options: Readonly<Record<string, string>>) =>
  (await deployTo(web.name, { image: next, mode: 'plan', rehearse: 'auto', ...options })).report;

/** How many connections the production's database has taken since it started. */
async function taken(): Promise<number> {
  const [names = [], values = []] = (await db.exec('cat', '/proc/net/snmp'))
    .split('\n')
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('PassiveOpens')]);
}

describe('a release that cannot boot on its own', () => {
  it('goes on hot where a rehearsal is not asked for, and says that it goes unrehearsed', async () => {
    const report = await plan({});
    expect(report).toMatchObject({ method: 'relup', reasons: [{ code: 'unrehearsed', blocks: [] }] });
    expect(report.reasons[0]?.message).toMatch(/nxdomain|exit code/);
    expect(report.containers[0]?.rehearsal).toMatchObject({ kind: 'unrehearsed' });
  });

  itNightly('is refused where it always has to be rehearsed', async () => {
    const report = await plan({ rehearse: 'always' });
    expect(report).toMatchObject({ outcome: 'refused' });
    expect(report.message).toContain('could not be rehearsed, and it always has to be');
  });

  it('is rehearsed with what it is given: an environment and a network of its own', async () => {
    const report = await plan({ rehearse: 'always', 'rehearse-env': 'DB_HOST=test-db', 'rehearse-network': apart });
    expect(report).toMatchObject({ outcome: 'planned', method: 'relup', reasons: [] });
    expect(report.containers[0]?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade' });
  });

  it('never reaches what production uses', async () => {
    const before = await taken();
    await plan({});
    expect(await taken()).toBe(before);
    // Whereas the one that serves does reach it whenever it starts.
    await docker('restart', web.name);
    await healthy(web);
    expect(await taken()).toBe(before + 1);
  });
});

describe('a network for rehearsals is refused', () => {
  it.each([
    ['that production is on', production, /leads outside|is on it/],
    ...onlyNightly<[string, string, RegExp]>(
      ['that leads outside', open, /leads outside/],
      ['that does not exist', 'no-such-network', /has no such network.*docker network create --internal/],
    ),
  ])('%s', async (_, network, message) => {
    const report = await expectUntouched([web], () => plan({ 'rehearse-network': network }));
    expect(report).toMatchObject({ outcome: 'refused', message: expect.stringMatching(message) });
  });
});

describe('a new release that does not boot', () => {
  it('where the one that runs does, is at fault: a deploy of it would be refused', async () => {
    const one = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
    const keyless = { 'config/runtime.exs': [['import Config', 'import Config\nraise "no key"']] } as const;
    const broken = await image(octochat({ version: '0.1.1', replace: { ...keyless, ...more('0.1.1') } }));
    const { report } = await deployTo(one.name, { image: broken, mode: 'plan', rehearse: 'auto' });
    expect(report).toMatchObject({ outcome: 'planned', reasons: [{ code: 'cold-boot-failed', subject: '0.1.1' }] });
    expect(report.reasons[0]?.blocks).toContain('recreate');
    expect(report.reasons[0]?.message).toMatch(/What runs boots in a container of its own, and 0\.1\.1 does not/);
  });
});

describe('a rehearsal without production', () => {
  it('takes both releases from images, as on a pull request, and leaves nothing behind', async () => {
    const [one, two] = await Promise.all(
      ([1, 2] as const).map(async (version) =>
        ownImage(await image({ example: 'octochat', version, debian: 'bookworm' })),
      ),
    );
    const ran = await hotDeploy(['rehearse', '--from', one ?? '', '--image', two ?? '', '--no-build']);
    expect(ran).toMatchObject({ code: 0, report: { outcome: 'planned', method: 'relup', from: '0.1.0', to: '0.2.0' } });
    expect(ran.report?.containers[0]).toMatchObject({ name: one, rehearsal: { kind: 'passed', wayBack: 'downgrade' } });
    expect(await throwaways()).toEqual([]);
  });

  itNightly(
    'never boots on a network that leads outside, and boots on one of its own with what it is given',
    async () => {
      const words = ['rehearse', '--from', await needing('0.3.0'), '--image', next, '--no-build', '--rehearse-network'];
      const led = await hotDeploy([...words, open]);
      expect(led).toMatchObject({
        code: 1,
        report: { outcome: 'refused', message: expect.stringMatching(/leads outside/) },
      });
      const kept = await hotDeploy([...words, apart, '--rehearse-env', 'DB_HOST=test-db']);
      expect(kept).toMatchObject({ code: 0, report: { method: 'relup' } });
      expect(kept.report?.containers[0]).toMatchObject({ rehearsal: { kind: 'passed' } });
      expect(await throwaways()).toEqual([]);
    },
  );

  itNightly('ends the job where it failed', async () => {
    const [one, two] = await Promise.all(
      ([1, 2] as const).map(async (version) =>
        ownImage(await image({ example: 'octochat', version, debian: 'bookworm' })),
      ),
    );
    const words = ['rehearse', '--from', one ?? '', '--image', two ?? '', '--no-build', '--rehearse-command', 'exit 7'];
    const ran = await hotDeploy(words);
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused', reasons: [{ code: 'rehearsal-failed' }] } });
    expect(await throwaways()).toEqual([]);
  });

  itNightly('says so where the image that runs does not boot on its own', async () => {
    const words = ['rehearse', '--from', await needing('0.3.0'), '--image', next, '--no-build'];
    const ran = await hotDeploy(words);
    expect(ran).toMatchObject({
      code: 1,
      report: { outcome: 'refused', message: expect.stringMatching(/does not boot on its own/) },
    });
    expect(await throwaways()).toEqual([]);
  });
});
