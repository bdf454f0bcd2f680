import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { type Container, connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { evaluate, standing } from '../support/world/inside.js';
import { octochat, served } from '../support/world/octochat.js';

const kv = 'apps/kv/lib/kv.ex';
const application = 'apps/octochat/lib/octochat/application.ex';

/** The store counts what is put, in a field of its state that old states do not have. */
const counting = [
  ['GenServer.start_link(__MODULE__, %{},', 'GenServer.start_link(__MODULE__, %{data: %{}, puts: 0},'],
  ['Map.put(data, key, value)}', '%{data | data: Map.put(data.data, key, value), puts: data.puts + 1}}'],
  ['Map.get(data, key)', 'Map.get(data.data, key)'],
  ['map_size(data)', 'map_size(data.data)'],
] as const;

const changed = (version: string, replace: NonNullable<Parameters<typeof octochat>[0]['replace']>) =>
  image(octochat({ version, bumped: ['kv', 'octochat'], replace }));

let web: Container;

beforeAll(async () => {
  web = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
  const client = await connect(await web.port(4040));
  await client.ask('PUT arms 8');
});

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const plan = async (to: string, options: Readonly<Record<string, string>> = {}) => {
  const { report, log } = await deployTo(web.name, { image: to, mode: 'plan', rehearse: 'auto', ...options });
  return { report, log, row: report.containers[0], codes: report.reasons.map(({ code }) => code) };
};

describe('an upgrade that ends as a cold boot, both ways', () => {
  it('is hot, and its rehearsal cost less than three cold boots', async () => {
    const two = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
    const before = await standing(web);
    const ratios: number[] = [];
    // Both are a few seconds long, and somebody else may have had the machine during one of them.
    while (ratios.length < 3 && Math.min(...ratios) >= 3) {
      const { report, row } = await plan(two);
      expect(report).toMatchObject({ outcome: 'planned', method: 'relup', reasons: [] });
      expect(row?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade', remarks: [] });
      ratios.push((row?.rehearsal?.ms ?? Number.NaN) / (row?.rehearsal?.bootMs ?? Number.NaN));
    }
    expect(Math.min(...ratios)).toBeLessThan(3);
    expect(await standing(web)).toEqual(before);
  });
});

describe('state that changes its shape', () => {
  it('without a code_change for it takes a restart, and the message says what is missing where', async () => {
    const { report } = await plan(await changed('0.1.1', { [kv]: counting }));

    expect(report).toMatchObject({
      outcome: 'planned',
      method: 'recreate',
      reasons: [{ code: 'state-shape-changed', subject: 'KV' }],
    });
    expect(report.reasons[0]?.message).toContain('the state lacks data, puts (kv/KV)');
  });

  it('with one stays hot', async () => {
    const migrating = [
      ...counting,
      [
        '  @impl true\n  def init',
        '  @impl true\n  def code_change({:down, _}, %{data: data}, _), do: {:ok, data}\n  def code_change(_, data, _), do: {:ok, %{data: data, puts: 0}}\n\n  @impl true\n  def init',
      ],
    ] as const;
    const { report, row } = await plan(await changed('0.1.2', { [kv]: migrating }));

    expect(report).toMatchObject({ method: 'relup', reasons: [] });
    expect(row?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade' });
  });

  itNightly('with one for the way up alone stays hot, and says that the way back is a restart', async () => {
    const oneWay = [
      ...counting,
      [
        '  @impl true\n  def init',
        '  @impl true\n  def code_change(_, data, _) when not is_map_key(data, :puts), do: {:ok, %{data: data, puts: 0}}\n\n  @impl true\n  def init',
      ],
    ] as const;
    const { report, row } = await plan(await changed('0.1.3', { [kv]: oneWay }));

    expect(report).toMatchObject({ method: 'relup', reasons: [{ code: 'no-way-down', blocks: [] }] });
    expect(row?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'restart' });
  });
});

describe('a process that serves, of a kind that no boot starts', () => {
  const connection = 'apps/octochat/lib/octochat/connection.ex';

  it('has its new code_change tried on a copy of its state, and takes a restart where that fails', async () => {
    const client = await connect(await web.port(4040));
    await client.ask('PING');
    const failing = [
      [
        '  @impl true\n  def init',
        '  @impl true\n  def code_change(_, %{room: _} = state, _), do: {:ok, state}\n\n  @impl true\n  def init',
      ],
    ] as const;
    const { report } = await plan(await changed('0.1.4', { [connection]: failing }));

    expect(report).toMatchObject({
      method: 'recreate',
      reasons: [{ code: 'state-shape-changed', subject: 'Octochat.Connection' }],
    });
    expect(report.reasons[0]?.message).toMatch(
      /failed on a copy: function_clause in Elixir\.Octochat\.Connection:code_change\/3/,
    );
    expect(await client.ask('PING')).toContain('0.1.0');
    client.close();
  });
});

describe('what only a start function makes', () => {
  it.each([
    ['a named table', ':ets.new(:octochat_seen, [:named_table, :public])', /table \{octochat_seen/],
    ...onlyNightly<[string, string, RegExp, ...string[]]>(
      [
        'a persistent term',
        ':persistent_term.put(:octochat_motd, "hi")',
        /persistent term octochat_motd/,
        'start-effects-missing',
      ],
      [
        'a registered name',
        'Process.register(spawn(fn -> Process.sleep(:infinity) end), :octochat_extra)',
        /octochat_extra/,
      ],
      ['a setting', 'Application.put_env(:octochat, :started, true)', /octochat:started/],
    ),
  ])('takes a restart, since the upgrade would not make it: %s', async (what, code, named, ...more) => {
    const version = `0.2.${10 + what.length}`;
    const starting = [['children = [', `${code}\n\n    children = [`]] as const;
    const { report } = await plan(await changed(version, { [application]: starting }));

    expect(report.method).toBe('recreate');
    expect(report.reasons.map(({ code }) => code)).toEqual(['rehearsal-failed', ...more]);
    expect(report.reasons[0]?.subject).toMatch(named);
  });
});

describe("the team's own smoke test", () => {
  itNightly('runs while the upgrade happens', async () => {
    const two = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
    const watching = `
      seen() { for i in $(seq 200); do bash -c 'exec 3<>/dev/tcp/127.0.0.1/4040 && echo PING >&3 && read -r line <&3 && echo "$line"' | grep -q "$1" && return 0; sleep 0.05; done; return 1; }
      seen 0.1.0 && seen 0.2.0`;
    const { report } = await plan(two, { 'rehearse-command': watching });
    expect(report).toMatchObject({ method: 'relup', reasons: [] });
  });

  it('closes the hot way where it fails, and its words are told', async () => {
    const two = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
    const { report } = await plan(two, { 'rehearse-command': 'echo the lobby is closed; exit 3' });
    expect(report).toMatchObject({
      method: 'recreate',
      reasons: [{ code: 'rehearsal-failed', subject: 'rehearse-command' }],
    });
    expect(report.reasons[0]?.message).toContain('exit code 3: “the lobby is closed”');
  });
});

describe('a container that was upgraded hot before', () => {
  it('is rehearsed from what runs in it, not from what it was made of', async () => {
    const upgraded = await start(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
    const two = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
    const first = await deployTo(upgraded.name, { image: two });
    expect(first.report).toMatchObject({ outcome: 'deployed', method: 'relup' });
    const next = octochat({
      version: '0.2.1',
      basis: 2,
      replace: { 'apps/octochat/lib/octochat.ex': [['def ', '# \n  def ']] },
    });

    const { report } = await deployTo(upgraded.name, { image: await image(next), rehearse: 'auto' });

    expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: '0.2.0', to: '0.2.1' });
    expect(report.containers[0]?.rehearsal).toMatchObject({ kind: 'passed', wayBack: 'downgrade' });
    expect(await served(upgraded)).toBe('0.2.1');
    expect(await evaluate(upgraded, 'element(2, hd(release_handler:which_releases(permanent)))')).toBe('"0.2.1"');
  });
});
