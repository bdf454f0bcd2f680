import { setTimeout as pause } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { type Container, connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { octochat } from '../support/world/octochat.js';
import { expectUntouched, ownImage, removeOwnImages } from '../support/world/untouched.js';

const application = 'apps/octochat/lib/octochat/application.ex';
const json = 'apps/octochat/lib/octochat/json.ex';
const partitioned = [
  [
    'children = [',
    'children = for(n <- 1..System.schedulers_online(), do: Supervisor.child_spec({Agent, fn -> n end}, id: n)) ++ [',
  ],
] as const;

let old: string;
let next: string;
let web: Container;

beforeAll(async () => {
  const changes = { [json]: [['def ', '# \n  def ']] as const };
  old = await ownImage(await image(octochat({ version: '0.4.0', replace: { [application]: partitioned } })));
  next = await image(octochat({ version: '0.4.1', replace: { [application]: partitioned, ...changes } }));
  // One of this machine's processors: without that limit a boot has more children.
  web = await start(old, ['--cpuset-cpus', '0']);
});

afterAll(async () => {
  await removeContainers();
  await removeOwnImages();
  await removeImages();
});

const plan = async (options: Readonly<Record<string, string>> = {}) =>
  (await deployTo(web.name, { image: next, mode: 'plan', rehearse: 'auto', ...options })).report;

it('a release that counts its processors comes up apart as it does where it serves', async () => {
  const report = await plan();
  expect(report).toMatchObject({ method: 'relup', reasons: [] });
  expect(report.containers[0]?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade', remarks: [] });
});

describe('a throw-away container that somebody kills in the middle', () => {
  /** Kills the one that rehearses as soon as it runs, and a command in it succeeds, if one is given. The first only shows how what runs boots. */
  async function kill(...once: readonly string[]): Promise<void> {
    // By the API: on a busy machine a process takes longer than a rehearsal does until its switch.
    const engine = new Dockerode();
    const filters = { label: ['hot-deploy.role=rehearsal'], ancestor: [old], status: ['running'] };
    const seen = new Set<string>();
    for (let attempt = 0; attempt < 6_000; attempt += 1) {
      const [found] = await engine.listContainers({ filters });
      if (found !== undefined) seen.add(found.Id);
      const ready =
        found !== undefined &&
        seen.size > 1 &&
        (once.length === 0 ||
          (await docker('exec', found.Id, ...once).then(
            () => true,
            () => false,
          )));
      if (ready) return void (await engine.getContainer(found.Id).remove({ force: true }));
      await pause(10);
    }
    throw new Error('No rehearsal was seen.');
  }

  it('before the switch says nothing about the upgrade, and the report says so', async () => {
    const [report] = await expectUntouched([web], () => Promise.all([plan(), kill()]));
    expect(report).toMatchObject({ outcome: 'planned', method: 'relup', reasons: [{ code: 'unrehearsed' }] });
  });

  itNightly('after it closes the hot way, since the upgrade may have done it', async () => {
    const command = 'until grep -q 0.4.1 /app/releases/RELEASES; do sleep 0.1; done; touch /tmp/switched; sleep 20';
    const [report] = await expectUntouched([web], () =>
      Promise.all([plan({ 'rehearse-command': command }), kill('test', '-f', '/tmp/switched')]),
    );
    expect(report).toMatchObject({ outcome: 'planned', method: 'recreate' });
    expect(report.reasons.every(({ code }) => code === 'rehearsal-failed')).toBe(true);
  });
});

it('a state that only one of several containers holds is tried, too', async () => {
  const connection = 'apps/octochat/lib/octochat/connection.ex';
  const failing = [
    [
      '  @impl true\n  def init',
      '  @impl true\n  def code_change(_, %{room: _} = state, _), do: {:ok, state}\n\n  @impl true\n  def init',
    ],
  ] as const;
  const to = await image(
    octochat({ version: '0.4.2', replace: { [application]: partitioned, [connection]: failing } }),
  );
  const second = await start(old, ['--cpuset-cpus', '0', '--hostname', 'second']);
  const client = await connect(await second.port(4040));
  await client.ask('PING');
  const { report } = await deployTo([web.name, second.name], { image: to, mode: 'plan', rehearse: 'auto' });
  expect(report).toMatchObject({ method: 'recreate', reasons: [{ code: 'state-shape-changed' }] });
  client.close();
});
