import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHotDeploy } from '../support/world/command.js';
import { type Container, eventually, healthy, published, removeContainers, start } from '../support/world/container.js';
import { type Deployed, deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { octochat, served } from '../support/world/octochat.js';

/** What the new version does where its container's variable says so; the old one does not know that variable. */
const mood = `defmodule Octochat.Mood do
  def begin do
    case mood() do
      "crashes" -> halt(1)
      "leaves" -> halt(0)
      _ -> :ok
    end
  end

  def well? do
    {ms, _} = :erlang.statistics(:wall_clock)
    not (mood() == "refuses" or (mood() == "fades" and ms > 10_000))
  end

  def listens?, do: mood() != "deaf"

  defp mood, do: System.get_env("OCTOCHAT_MOOD")

  defp halt(status) do
    spawn(fn ->
      Process.sleep(4_000)
      System.halt(status)
    end)
  end
end
`;
const moody = octochat({
  version: '0.1.1',
  files: { 'apps/octochat/lib/octochat/mood.ex': mood },
  replace: {
    'apps/octochat/lib/octochat/endpoint.ex': [
      ['_ = KV.size()', 'true = Octochat.Mood.well?()'],
      [':exit, _reason -> {"503 Service Unavailable"', ':error, _reason -> {"500 Internal Server Error"'],
    ],
    'apps/octochat/lib/octochat/application.ex': [
      ['    children = [', '    Octochat.Mood.begin()\n\n    children = ['],
      [
        'Supervisor.start_link(children, strategy',
        'children = if Octochat.Mood.listens?(), do: children, else: Enum.take(children, 2)\n    Supervisor.start_link(children, strategy',
      ],
    ],
  },
});

const probe = 'http://{container}:8080/health';
const unchecked = ['--no-healthcheck'];
const withMood = (name: string) => ['-e', `OCTOCHAT_MOOD=${name}`];

let old: string;
let next: string;
beforeAll(async () => {
  [old, next] = (await Promise.all([image({ example: 'octochat', version: 1, debian: 'bookworm' }), image(moody)])) as [
    string,
    string,
  ];
});
afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** Without a HEALTHCHECK nobody else waits until it serves. */
const begun = async (args: readonly string[]) => {
  const web = await start(old, [...(await published(4040, 8080)), ...args]);
  const url = `http://127.0.0.1:${await web.port(8080)}/health`;
  // One whose connection broke may never come back.
  const asked = async () => (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok || undefined;
  await eventually(`${web.name} serves`, asked, 240_000);
  return web;
};

describe('a new container', () => {
  const cases = {
    'that ends and is started again by its policy': {
      args: [...unchecked, '--restart', 'unless-stopped', ...withMood('crashes')],
      options: { soak: '12s' },
      why: /ended with exit code 1|restarted by its restart policy/,
    },
    'that ends as if all was well': {
      args: [...unchecked, ...withMood('leaves')],
      options: { soak: '12s' },
      why: /ended with exit code 0/,
    },
    'that answers the probe with an error': {
      args: [...unchecked, ...withMood('refuses')],
      options: { probe, 'health-timeout': '30s' },
      why: /did not answer the probe within 30 s \(status 500\)/,
    },
    'that never listens': {
      args: [...unchecked, ...withMood('deaf')],
      options: { probe, 'health-timeout': '30s' },
      why: /did not answer the probe within 30 s \((ECONNRESET|ECONNREFUSED|socket hang up)\)/,
    },
    'that no longer answers the probe while it is watched': {
      args: [...unchecked, ...withMood('fades')],
      options: { probe, soak: '15s' },
      why: /the probe has failed for .* s \(status 500\)|did not answer the probe/,
    },
    'whose HEALTHCHECK fails while it is watched, though the engine asks seldom': {
      args: ['--health-interval', '20s', ...withMood('fades')],
      options: { soak: '20s', probe: 'none' },
      why: /HEALTHCHECK (failed \d+ times in a row|fails)/,
    },
  } as const;
  const webs = new Map<string, Container>();
  const deployed = new Map<string, Deployed & { readonly id: string }>();
  // Each waits most of its time.
  beforeAll(async () => {
    await Promise.all(
      Object.entries(cases).map(async ([name, { args, options }]) => {
        const healthyAtOnce = (args as readonly string[]).includes('--health-interval')
          ? ['--health-start-period', '0s']
          : [];
        const web = await begun([...args, ...healthyAtOnce]);
        webs.set(name, web);
        const { Id: id } = await web.inspect();
        const environment = web.name;
        const ran = await deployTo(web.name, { image: next, strategy: 'restart', environment, ...options });
        deployed.set(name, { ...ran, id });
      }),
    );
  }, 600_000);

  it.each(Object.entries(cases))('%s is not deployed: the original serves again', async (name, { why }) => {
    const { report, log, id } = deployed.get(name) ?? {};
    expect(report, log).toMatchObject({ outcome: 'rolled-back', method: 'recreate', from: '0.1.0', to: '0.1.1' });
    expect(report?.message).toMatch(why);
    expect(report?.message).toMatch(/The old container serves again\. Its node says that it runs 0\.1\.0\./);
    const web = webs.get(name);
    expect(await web?.inspect()).toMatchObject({ Id: id, State: { Status: 'running' } });
    expect(web && (await served(web))).toBe('0.1.0');
  });
});

describe('a fleet', { timeout: 600_000 }, () => {
  it('whose canary does not answer goes no further: the second is never touched, and what failed is told', async () => {
    const fleet = [await begun([...unchecked, ...withMood('refuses')]), await begun(unchecked)];
    const second = await fleet[1]?.inspect();
    const { report, log } = await deployTo(
      fleet.map(({ name }) => name),
      { image: next, strategy: 'restart', probe, 'health-timeout': '30s', 'max-parallel': '4', canary: '0' },
    );
    expect(report, log).toMatchObject({ outcome: 'rolled-back' });
    expect(report.containers.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'refused']);
    expect(report.containers[0]?.failures?.map(({ what }) => what)).toContain('status 500');
    expect((await fleet[1]?.inspect())?.State.StartedAt).toBe(second?.State.StartedAt);
    expect(await Promise.all(fleet.map(served))).toEqual(['0.1.0', '0.1.0']);
  });

  it('is restarted one at a time, each with its own probe', async () => {
    const fleet = [await begun(unchecked), await begun([...unchecked, ...withMood('refuses')]), await begun(unchecked)];
    const lines = fleet.map(({ name }, at) => (at === 1 ? `${name} probe=none` : name));
    const { report, log } = await deployTo(lines, { image: next, strategy: 'restart', probe, canary: '0' });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.containers.map(({ downtime }) => (downtime?.failed ?? 0) > 0)).toEqual([true, false, true]);
    const down = report.timeline
      .filter(({ label }) => label === 're-create')
      .map(({ at, ms }) => [at, at + ms] as const);
    expect(down).toHaveLength(3);
    expect(down.slice(1).every(([from], at) => from >= (down[at]?.[1] ?? 0))).toBe(true);
  });

  it('of which the canary came back on the old version after its soak goes back as a whole', async () => {
    const policy = ['--restart', 'always'];
    const fleet = [await begun(policy), await begun(policy)] as [Container, Container];
    const [canary, second] = fleet;
    const words = [
      '--image',
      next,
      '--soak',
      '3s',
      '--drain',
      '0s',
      '--rehearse',
      'never',
      '--strategy',
      'relup',
      '--suspend-timeout',
      '60s',
    ];
    const names = fleet.flatMap(({ name }) => ['--containers', name]);
    const run = await startHotDeploy(['deploy', ...names, ...words, '--environment', canary.name]);
    await run.says(`${second.name}: switch, `, 240_000);
    await canary.exec('bin/octochat', 'rpc', 'spawn(fn -> :erlang.halt(1) end)').catch(() => undefined);
    const ran = await run.ended;
    expect(ran, run.said()).toMatchObject({ code: 3, report: { outcome: 'rolled-back', method: 'relup' } });
    expect(ran.report?.message).toMatch(
      new RegExp(`${canary.name} had come through, and (runs 0\\.1\\.0 since|has ended|does not say)`),
    );
    await Promise.all(fleet.map(healthy));
    expect(await Promise.all(fleet.map(served))).toEqual(['0.1.0', '0.1.0']);
  });
});

describe('a node that nobody can ask', () => {
  it('is deployed by what can be seen from outside, and the headline says so', async () => {
    const web = await begun([...unchecked, '-e', 'RELEASE_DISTRIBUTION=none']);
    const { report, log } = await deployTo(web.name, { image: next, probe });
    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.containers[0]).toMatchObject({ unasked: 'its VM runs without distribution' });
    expect(await served(web)).toBe('0.1.1');
  });
});

describe('a probe that does not answer before the deploy', () => {
  const silent = 'http://{container}:8080/nothing';
  it('is refused with what it got, and nothing is touched; the plan says so, too', async () => {
    const web = await begun(unchecked);
    const before = await web.inspect();
    const { report } = await deployTo(web.name, { image: next, probe: silent });
    expect(report).toMatchObject({ outcome: 'refused', reasons: [{ code: 'probe-not-answering', subject: web.name }] });
    expect(report.message).toMatch(/does not answer http:\/\/127\.0\.0\.1:\d+\/nothing \(status 404\)/);
    const plan = await deployTo(web.name, { image: next, probe: silent, mode: 'plan' });
    expect(plan.report, plan.log).toMatchObject({ outcome: 'planned' });
    expect(plan.report.reasons).toContainEqual(
      expect.objectContaining({ code: 'probe-not-answering', message: expect.stringContaining('status 404') }),
    );
    expect((await web.inspect()).State.StartedAt).toBe(before.State.StartedAt);
  });

  it('does not keep a restart that was asked for, which is judged by it afterwards', async () => {
    const web = await begun(unchecked);
    const options = { image: next, probe: silent, strategy: 'restart', 'health-timeout': '30s' };
    const { report, log } = await deployTo(web.name, options);
    expect(report, log).toMatchObject({ outcome: 'rolled-back', method: 'recreate' });
    expect(report.message).toMatch(/did not answer the probe within 30 s \(status 404\)/);
  });
});
