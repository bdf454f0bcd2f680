import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { type Container, connect, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate, standing, suspended } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const [one, two] = ([1, 2] as const).map(
  (version) => ({ example: 'octochat', version, debian: 'bookworm' }) as const,
) as [
  { example: string; version: number; debian: 'bookworm' },
  { example: string; version: number; debian: 'bookworm' },
];

const supervisor = "'Elixir.Octochat.ConnectionSupervisor'";
const connections = (most: number) =>
  `lists:sublist([P || {_, P, _, _} <- 'Elixir.DynamicSupervisor':which_children(${supervisor})], ${most})`;
// In the midst of a message: it answers nobody until it is let go.
const occupy = (pids: string) =>
  `[spawn(fun() -> sys:replace_state(P, fun(State) -> receive 'let go' -> State end end, infinity) end) || P <- ${pids}], ok`;

const numberBusy = 6;
const letGo = `[P ! 'let go' || P <- ${connections(numberBusy)}], ok`;

async function connectAll(web: Container): Promise<readonly Lines[]> {
  const port = await web.port(4040);
  const clients: Lines[] = [];
  // One after another, so that the last one's process is the last in the list.
  for (let count = 0; count <= numberBusy; count++) {
    const client = await connect(port);
    expect(await client.ask('PING')).toBe('PONG 0.1.0 1');
    clients.push(client);
  }
  return clients;
}

/** Everybody who waited is answered, by the old code, and nobody stays held. */
async function allGoOn(web: Container, clients: readonly Lines[]): Promise<void> {
  await evaluate(web, letGo);
  for (const answer of await Promise.all(clients.map((client) => client.ask('PING')))) {
    expect(answer).toMatch(/^PONG 0\.1\.0 \d+$/);
  }
  expect(await suspended(web)).toBe('[]');
}

describe('processes that are too busy to be held', () => {
  let web: Container;
  let clients: readonly Lines[];

  beforeAll(async () => {
    web = await start(await image(one));
    clients = await connectAll(web);
  });

  it('are found before anything changes, all of them in the time of one', async () => {
    const next = await image(two);
    const calm = (await deployTo(web.name, { mode: 'plan', image: next })).report;
    expect(calm).toMatchObject({ outcome: 'planned', method: 'relup', reasons: [] });
    await evaluate(web, occupy(connections(numberBusy)));
    const before = await standing(web);

    const { report } = await deployTo(web.name, { image: next, strategy: 'relup', 'suspend-timeout': '1500ms' });

    expect(report).toMatchObject({ outcome: 'refused', method: 'none' });
    expect(report.reasons.map(({ code }) => code)).toEqual(Array(numberBusy).fill('process-not-answering'));
    expect(report.reasons[0]?.subject).toMatch(/^Elixir.Octochat.Connection <[\d.]+>$/);
    // One after another they would take nine seconds.
    expect(report.durationMs).toBeLessThan(calm.durationMs + 5_000);
    expect(await standing(web)).toEqual(before);
    await allGoOn(web, clients);
  });

  it('are found at the last moment, too, when everything is staged: nothing has changed, and nobody stays held', async () => {
    const before = await standing(web);
    // Busy from the moment on in which the agent comes that switches: after the checks, before it holds anybody.
    await evaluate(
      web,
      `Pids = ${connections(numberBusy)},
       spawn(fun() ->
         process_flag(priority, high),
         (fun Wait() -> erlang:module_loaded(hot_deploy_install) orelse begin timer:sleep(1), Wait() end end)(),
         ${occupy('Pids')}
       end), ok`,
    );

    const { report } = await deployTo(web.name, { image: await image(two), 'suspend-timeout': '1500ms' });

    expect(report).toMatchObject({ outcome: 'refused', method: 'relup', reasons: [] });
    expect(report.message).toMatch(/did not let themselves be held in time: <[\d.]+>(, <[\d.]+>)*$/);
    const took = report.containers[0]?.phases.find(({ name }) => name === 'switch')?.ms;
    expect(took).toBeGreaterThan(1_400);
    expect(took).toBeLessThan(6_000);
    expect(await standing(web)).toEqual(before);
    // The one who was free all the time was held for a moment only; a hold that came too late for the others is undone.
    expect(await clients.at(-1)?.ask('PING')).toMatch(/^PONG 0\.1\.0 \d+$/);
    await allGoOn(web, clients.slice(0, -1));
  });

  it('cost a restart where one is allowed', async () => {
    await evaluate(web, occupy(connections(1)));

    const { report } = await deployTo(web.name, { image: await image(two) });

    expect(report).toMatchObject({
      outcome: 'deployed',
      method: 'recreate',
      reasons: [{ code: 'process-not-answering' }],
    });
    expect(await (await connect(await web.port(4040))).ask('PING')).toBe('PONG 0.2.0 1');
  });
});

describe('processes that release_handler does not find', () => {
  // Modules by themselves find them: test/e2e/modules.e2e.ts.
  it('cost a restart where supervisors change, too: one without a supervisor, and one whose specification names another module', async () => {
    const web = await start(await image(one));
    await evaluate(
      web,
      `{ok, _} = 'Elixir.GenServer':start('Elixir.Octochat.Connection', none, [{name, stray}]),
       {ok, Odd} = 'Elixir.DynamicSupervisor':start_child(${supervisor},
         #{id => odd, restart => temporary, modules => [lists],
           start => {'Elixir.GenServer', start_link, ['Elixir.Octochat.Connection', none, [{name, odd}]]}}),
       is_pid(Odd)`,
    );

    const { report } = await deployTo(web.name, { image: await image(two) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    expect(report.reasons.map(({ code, subject }) => `${code} ${subject.split(' ')[0]}`).sort()).toEqual([
      'special-process-changed odd',
      'special-process-changed stray',
      'supervision-changed octochat',
    ]);
  });
});

describe('supervisors that release_handler would crash on', () => {
  it.each(['Elixir.Octochat.Supervisor', 'Elixir.Octochat.ConnectionSupervisor'])(
    'cost a restart and are left alone: %s, while it is suspended',
    async (name) => {
      const web = await start(await image(one));
      const client = await connect(await web.port(4040));
      await client.ask('PUT arms 8');
      const pid = await evaluate(web, `sys:suspend('${name}'), whereis('${name}')`);

      const { report } = await deployTo(web.name, { mode: 'plan', image: await image(two) });

      expect(report).toMatchObject({
        outcome: 'planned',
        method: 'recreate',
        reasons: [{ code: 'supervisor-not-answering' }],
      });
      expect(await evaluate(web, `sys:resume('${name}'), whereis('${name}')`)).toBe(pid);
      expect(await client.ask('GET arms')).toBe('8');
      expect(await docker('logs', web.name)).not.toMatch(/release_handler|error/i);
    },
  );

  itNightly(
    'cost a restart and are left alone: the top process of an application that is no supervisor at all',
    async () => {
      const topless = {
        'apps/kv/lib/kv/application.ex': [
          ['Supervisor.start_link([KV], strategy: :one_for_one, name: KV.Supervisor)', 'KV.start_link([])'],
        ],
      } as const;
      const web = await start(await image(octochat({ version: '0.1.0', replace: topless })));
      const client = await connect(await web.port(4040));
      await client.ask('PUT arms 8');
      const pid = await evaluate(web, "whereis('Elixir.KV')");
      const next = await image(octochat({ version: '0.2.0', basis: 2, replace: topless }));

      const { report: planned } = await deployTo(web.name, { mode: 'plan', image: next });

      expect(planned).toMatchObject({
        outcome: 'planned',
        method: 'recreate',
        reasons: [{ code: 'supervisor-not-answering', subject: 'kv' }],
      });
      expect(await evaluate(web, "whereis('Elixir.KV')")).toBe(pid);
      expect(await client.ask('GET arms')).toBe('8');

      const { report } = await deployTo(web.name, { image: next });
      expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate' });
    },
  );
});
