import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { type Container, connect, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { octochat, served } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

const folders: string[] = [];
const command = 'apps/octochat/lib/octochat/command.ex';
const louder = { [command]: [['"PONG ', '"pong ']] } as const;
const first = () => image({ example: 'octochat', version: 1, debian: 'bookworm' });

/** A repository with these files in it. */
async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-repository-'));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

// As the cookbook writes it: by default both purges are brutal.
const appup = (version: string, mark: string) => `{"${version}",
  [{<<"0\\\\.[0-9]+\\\\.0">>, [
    {load_module, 'Elixir.Octochat'}, {load_module, 'Elixir.Octochat.Command', ['Elixir.Octochat']},
    {apply, {persistent_term, put, [appup, ${mark}]}}]}],
  [{<<"0\\\\.[0-9]+\\\\.0">>, [
    {load_module, 'Elixir.Octochat'}, {load_module, 'Elixir.Octochat.Command', ['Elixir.Octochat']}]}]}.
`;

/** Lets a process wait in this module's code for ever: in its old code, once there is new. */
const wait = (module: string) => `register(waiting, spawn(fun() -> '${module}':wait() end))`;
const waiting = (edition: number) => ({
  'apps/octochat/lib/octochat/waiting.ex': `defmodule Octochat.Waiting do
  def edition, do: ${edition}
  def wait, do: (receive do :edition -> exit(edition()) end)
end
`,
});

describe('an appup that is written by hand', () => {
  let web: Container;
  let client: Lines;

  beforeAll(async () => {
    web = await start(await first());
    client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
  });

  it('in ebin is what is carried out, beside generated ones', async () => {
    const two = octochat({
      version: '0.1.1',
      bumped: ['kv', 'octochat'],
      replace: louder,
      appup: appup('0.1.1', 'image'),
    });

    const { report } = await deployTo(web.name, { image: await image(two) });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(report.instructions).toEqual([
      'kv 0.1.0 → 0.1.1',
      'octochat 0.1.0 → 0.1.1, as /app/lib/octochat-0.1.1/ebin/octochat.appup in the image says',
      'Octochat.Command: loaded',
      'Octochat: loaded',
    ]);
    expect(await evaluate(web, 'persistent_term:get(appup)')).toBe('image');
    expect(await client.ask('PING')).toBe('pong 0.1.1 2');
    expect(await client.ask('GET arms')).toBe('8');
  });

  it('in the repository for exactly this way takes the place of one in ebin, and goes with the bundle', async () => {
    const next = octochat({ version: '0.1.2', appup: '{"0.1.2", all, wrong}.' });
    const text = `%% coding: utf-8
{"0.1.2",
  [{"0.1.1", [
    {load_module, 'Elixir.Octochat', soft_purge, soft_purge, []},
    {load_module, 'Elixir.Octochat.Command', soft_purge, soft_purge, []},
    {apply, {persistent_term, put, [appup, repository]}}]}],
  [{"0.1.1", [
    {load_module, 'Elixir.Octochat', soft_purge, soft_purge, []},
    {load_module, 'Elixir.Octochat.Command', soft_purge, soft_purge, []}]}]}.
`;
    const path = 'rel/appups/octochat/0.1.1_to_0.1.2.appup';
    // kv stays at the version of the release before.
    const same = { ...next, replace: { ...next.replace, 'apps/kv/mix.exs': [['0.1.0', '0.1.1'] as const] } };

    const { report } = await deployTo(web.name, {
      image: await image(same),
      context: await repository({ [path]: text }),
    });

    expect(report, report.message).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.instructions[0]).toBe(`octochat 0.1.1 → 0.1.2, as ${path} says`);
    expect(await evaluate(web, 'persistent_term:get(appup)')).toBe('repository');
    const appups = '/app/lib/octochat-0.1.2/ebin/octochat.appup';
    expect(await web.exec('cat', appups)).toBe(text.trimEnd());
    expect(await client.ask('PING')).toBe('PONG 0.1.2 4');
  });

  it.each<readonly [code: string, text: string, says: string]>([
    ['appup-missing', '{"0.1.3", [{"0.0.9", []}], [{"0.1.2", []}]}.', 'it has no entry for the way up from 0.1.2'],
    ...onlyNightly(['appup-unreadable', '{"0.1.3", [{"0.1.2", []}.', 'syntax error before'] as const),
  ])('and gives %s is known before anything changes, and says what to write', async (code, text, says) => {
    const next = octochat({ version: '0.1.3', appup: text });
    const same = { ...next, replace: { ...next.replace, 'apps/kv/mix.exs': [['0.1.0', '0.1.1'] as const] } };

    const { report } = await deployTo(web.name, { image: await image(same), mode: 'plan' });

    expect(report).toMatchObject({ outcome: 'planned', method: 'recreate', reasons: [{ code, subject: 'octochat' }] });
    expect(report.reasons[0]?.message).toContain(says);
    expect(report.reasons[0]?.message).toContain('octochat.appup in the image');
  });

  itNightly(
    'and calls a code_change that is not there costs a restart, and no process crashes on the way',
    async () => {
      const text = `{"0.1.3",
  [{"0.1.2", [{update, 'Elixir.Octochat', {advanced, []}}, {load_module, 'Elixir.Octochat.Command'}]}],
  [{"0.1.2", [{load_module, 'Elixir.Octochat'}, {load_module, 'Elixir.Octochat.JSON'}, {load_module, 'Elixir.Octochat.Command'}]}]}.
`;
      const next = octochat({ version: '0.1.3', replace: louder, appup: text });
      const same = { ...next, replace: { ...next.replace, 'apps/kv/mix.exs': [['0.1.0', '0.1.1'] as const] } };

      const { report } = await deployTo(web.name, { image: await image(same) });

      expect(report).toMatchObject({ outcome: 'deployed', method: 'recreate' });
      expect(report.reasons.map(({ code, subject, blocks }) => [code, subject, blocks.length])).toEqual([
        ['appup-incomplete', 'octochat: Octochat', 2],
        ['appup-mentions-unchanged', 'octochat: Octochat.JSON', 0],
      ]);
      expect(await served(web)).toBe('0.1.3');
    },
  );
});

itNightly(
  'in low-level instructions it stands beside generated ones that call it, and its processes are held with theirs',
  async () => {
    const web = await start(await first());
    const client = await connect(await web.port(4040));
    await client.ask('PUT arms 8');
    const [suspend, load, resume] = ['{suspend, [M]}', '{load, {M, brutal_purge, brutal_purge}}', '{resume, [M]}'];
    const script = (version: string, ...instructions: readonly string[]) =>
      [`{load_object_code, {kv, "${version}", [M]}}`, suspend, ...instructions, resume]
        .join(', ')
        .replaceAll('M', "'Elixir.KV'");
    const text = `{"0.2.0",
  [{"0.1.0", [${script('0.2.0', load, '{code_change, up, [{M, []}]}')}]}],
  [{"0.1.0", [${script('0.1.0', '{code_change, down, [{M, []}]}', load)}]}]}.
`;
    const path = 'rel/appups/kv/0.1.0_to_0.2.0.appup';

    const { report } = await deployTo(web.name, {
      image: await image({ example: 'octochat', version: 2, debian: 'bookworm' }),
      context: await repository({ [path]: text }),
    });

    expect(report, report.message).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.instructions).toEqual(
      expect.arrayContaining([
        `kv 0.1.0 → 0.2.0, as ${path} says`,
        'KV: state migrated by code_change/3, 1 process',
        'Octochat.Connection: state migrated by code_change/3, 1 process',
      ]),
    );
    expect(await client.ask('GET arms')).toBe('8');
    expect(await evaluate(web, `maps:get(data, sys:get_state('Elixir.KV'))`)).toBe('#{<<"arms">> => <<"8">>}');
  },
);

itNightly('the default purge of a hand-written appup kills nobody who waits in old code', async () => {
  const web = await start(await image(octochat({ version: '0.1.0', files: waiting(1) })));
  await evaluate(web, wait('Elixir.Octochat.Waiting'));
  const modules = ['Elixir.Octochat', 'Elixir.Octochat.Waiting']
    .map((module) => `{load_module, '${module}'}`)
    .join(', ');
  const text = `{"0.1.1", [{"0.1.0", [${modules}]}], [{"0.1.0", [${modules}]}]}.\n`;
  const next = octochat({ version: '0.1.1', files: waiting(2), appup: text });

  const { report } = await deployTo(web.name, { image: await image(next), drain: '300ms' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(report.containers[0]?.lingering).toMatchObject([{ name: 'waiting', modules: ['Elixir.Octochat.Waiting'] }]);
  expect(await evaluate(web, `is_process_alive(whereis(waiting))`)).toBe('true');
});

describe('of generated appups', () => {
  const special = (state: string, migrate: string) => `defmodule KV.Pump do
  def child_spec(_), do: %{id: __MODULE__, start: {__MODULE__, :start_link, []}, modules: [__MODULE__]}
  def start_link, do: :proc_lib.start_link(__MODULE__, :init, [self()])

  def init(parent) do
    Process.register(self(), __MODULE__)
    :proc_lib.init_ack({:ok, self()})
    loop(parent, [], ${state})
  end

  def loop(parent, debug, state) do
    receive do
      {:system, from, request} -> :sys.handle_system_msg(request, from, parent, __MODULE__, debug, state)
    end
  end

  def system_continue(parent, debug, state), do: loop(parent, debug, state)
  def system_terminate(reason, _parent, _debug, _state), do: exit(reason)
  def system_get_state(state), do: {:ok, state}
  def system_code_change(${migrate}
end
`;
  const crew = (most: number) => `defmodule KV.Crew do
  use DynamicSupervisor
  def start_link(_), do: DynamicSupervisor.start_link(__MODULE__, [], name: __MODULE__)
  @impl true
  def init(_), do: DynamicSupervisor.init(strategy: :one_for_one, max_children: ${most})
end
`;
  const member = (edition: number) => `defmodule KV.Member do
  use GenServer, restart: :temporary
  def start_link(_), do: GenServer.start_link(__MODULE__, ${edition})
  @impl true
  def init(edition), do: {:ok, edition}
  @impl true
  def code_change(_vsn, state, _extra), do: {:ok, {:migrated, state}}
end
`;
  const application = [['[KV]', '[KV, KV.Pump, KV.Crew]']] as const;
  const files = (pump: string, most: number, edition: number) => ({
    'apps/kv/lib/kv/pump.ex': pump,
    'apps/kv/lib/kv/crew.ex': crew(most),
    'apps/kv/lib/kv/member.ex': member(edition),
  });
  const replace = { 'apps/kv/lib/kv/application.ex': application };

  itNightly('special processes and dynamic supervisors are migrated, and the report counts the processes', async () => {
    const one = octochat({
      version: '0.1.0',
      replace,
      files: files(special('1', 'state, _, _, _), do: {:ok, state}'), 3, 1),
    });
    const up =
      '_, _, {:down, _}, _), do: {:ok, 1}\n  def system_code_change(state, _, _, _), do: {:ok, {:pumped, state}}';
    const two = octochat({
      version: '0.2.0',
      bumped: ['kv'],
      replace,
      files: files(special('{:pumped, 1}', up), 7, 2),
    });
    const web = await start(await image(one));
    await evaluate(
      web,
      `[{ok, _} = 'Elixir.DynamicSupervisor':start_child('Elixir.KV.Crew', 'Elixir.KV.Member') || _ <- [1, 2]]`,
    );

    const { report } = await deployTo(web.name, { image: await image(two) });

    expect(report, report.message).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.instructions).toEqual([
      'kv 0.1.0 → 0.2.0',
      'KV.Crew: child specifications exchanged, children go on, 1 process',
      'KV.Member: state migrated by code_change/3, 2 processes',
      'KV.Pump: state migrated by system_code_change/4, 1 process',
    ]);
    expect(await evaluate(web, `sys:get_state('Elixir.KV.Pump')`)).toBe('{pumped,1}');
    expect(await evaluate(web, `maps:get(max_children, sys:get_state('Elixir.KV.Crew'))`)).toBe('7');
    expect(
      await evaluate(
        web,
        `[sys:get_state(P) || {_, P, _, _} <- 'Elixir.DynamicSupervisor':which_children('Elixir.KV.Crew')]`,
      ),
    ).toBe('[{migrated,1},{migrated,1}]');
  });
});
