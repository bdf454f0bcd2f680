import type { Row } from '../row.js';

const migrated = 'state migrated by code_change/3, 1 process';

/** What processes own, are bound to, and are known by: an upgrade takes none of it away. */
export const resources: readonly Row[] = [
  kept('keeps_table', 'a named table keeps its rows, and its owner', {
    init: ':ets.new(:keeps_table, [:named_table, :public])',
    does: ':ets.insert(:keeps_table, {:tea, 3})',
    ask: '{:ets.lookup(:keeps_table, :tea), :ets.info(:keeps_table, :owner) == self()}',
    shown: '{[tea: 3], true}',
  }),
  kept('keeps_capture', 'a captured function in a table leads to the newest code', {
    init: ':ets.new(:keeps_capture, [:named_table, :public])',
    does: ':ets.insert(:keeps_capture, {:fun, &KeepsCapture.which/0})',
    ask: '[fun: fun] = :ets.lookup(:keeps_capture, :fun); {fun.(), which()}',
    shown: ['{:old, :old}', '{:new, :new}'],
    more: (version) => `def which, do: :${version}`,
  }),
  kept('keeps_term', 'a persistent term stays', {
    init: ':persistent_term.put(:keeps_term, {:since, :boot})',
    does: ':persistent_term.put(:keeps_term, {:since, :then})',
    ask: ':persistent_term.get(:keeps_term)',
    shown: '{:since, :then}',
  }),
  kept('keeps_port', 'a port with a program behind it stays open and answers', {
    init: 'Port.open({:spawn_executable, "/bin/cat"}, [:binary])',
    does: ':ok',
    ask: 'Port.command(state, "hello"); receive do {^state, {:data, data}} -> data after 1000 -> :silence end',
    shown: '"hello"',
  }),
  kept('keeps_socket', 'sockets stay open: the listening one, and one that is connected to it', {
    init: `{:ok, listening} = :gen_tcp.listen(0, [:binary, active: false])
    {:ok, port} = :inet.port(listening)
    {:ok, client} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary, active: false])
    {:ok, accepted} = :gen_tcp.accept(listening)
    {client, accepted}`,
    does: ':ok',
    ask: '{client, accepted} = state; :ok = :gen_tcp.send(client, "ping"); :gen_tcp.recv(accepted, 4, 1000)',
    shown: '{:ok, "ping"}',
  }),
  kept('keeps_timer', 'a pending timer is neither lost nor restarted', {
    init: 'Process.send_after(self(), :late, 600_000)',
    does: ':ok',
    ask: 'left = Process.read_timer(state); is_integer(left) and left < 599_000',
    shown: 'true',
  }),
  kept('keeps_link', 'links stay, in both directions', {
    init: 'spawn_link(fn -> Process.sleep(:infinity) end)',
    does: ':ok',
    ask: '{:links, links} = Process.info(self(), :links); {state in links, Process.alive?(state)}',
    shown: '{true, true}',
  }),
  kept('keeps_monitor', 'a monitor reports the end of the one that it watches, also after the upgrade', {
    init: `pid = spawn(fn -> Process.sleep(:infinity) end)
    {pid, Process.monitor(pid)}`,
    does: ':ok',
    ask: '{pid, ref} = state; {:monitors, list} = Process.info(self(), :monitors); {is_reference(ref), {:process, pid} in list}',
    shown: '{true, true}',
  }),
  kept('keeps_global', 'a global name stays with its process', {
    init: ':global.register_name(:keeps_global, self())',
    does: ':ok',
    ask: ':global.whereis_name(:keeps_global) == self()',
    shown: 'true',
  }),
  kept('keeps_group', 'membership of a process group stays', {
    init: `{:ok, _} = :pg.start_link(:keeps_group)
    :pg.join(:keeps_group, :members, self())`,
    does: ':ok',
    ask: ':pg.get_members(:keeps_group, :members) == [self()]',
    shown: 'true',
  }),
  kept('keeps_dictionary', 'the process dictionary and the trap_exit flag stay', {
    init: `Process.flag(:trap_exit, true)
    Process.put(:colour, :red)`,
    does: ':ok',
    ask: '{Process.get(:colour), Process.info(self(), :trap_exit)}',
    shown: '{:red, {:trap_exit, true}}',
  }),
  kept('keeps_counter', 'counters and atomics are the same objects', {
    init: `counter = :counters.new(1, [])
    :persistent_term.put(:keeps_counter, counter)
    counter`,
    does: ':counters.add(:persistent_term.get(:keeps_counter), 1, 42)',
    ask: ':counters.get(state, 1)',
    shown: '42',
  }),
  kept('keeps_file', 'a file that is open for writing stays open at its place', {
    init: `{:ok, file} = File.open("/tmp/keeps_file", [:write, :read])
    IO.write(file, "abc")
    file`,
    does: ':ok',
    ask: '{:ok, at} = :file.position(state, :cur); at',
    shown: '3',
  }),
  kept('keeps_mailbox', 'messages that wait in the mailbox are still there', {
    init: ':waiting',
    does: 'send(KeepsMailbox, :unread)',
    ask: '{:messages, messages} = Process.info(self(), :messages); {:unread in messages, state}',
    shown: '{true, :waiting}',
    more: () =>
      '@impl true\n  def handle_info(:unread, state) do\n    Process.sleep(5)\n    send(self(), :unread)\n    {:noreply, state}\n  end',
  }),
  {
    name: 'keeps_names',
    promise: 'keys of a Registry stay with the processes that hold them, whose module changes',
    decision: 'hot',
    before: {
      sources: { 'lib/n.ex': named('old') },
      children: '{Registry, keys: :duplicate, name: KeepsNames.Topics}, {KeepsNames, 1}, {KeepsNames, 2}',
    },
    after: { sources: { 'lib/n.ex': named('new') } },
    says: ['KeepsNames: state migrated by code_change/3, 2 processes'],
    there: [
      [
        'for {pid, n} <- Registry.lookup(KeepsNames.Topics, :news), do: {n, GenServer.call(pid, :who)}',
        '[{1, {:new, 1}}, {2, {:new, 2}}]',
      ],
    ],
    back: [
      [
        'for {pid, n} <- Registry.lookup(KeepsNames.Topics, :news), do: {n, GenServer.call(pid, :who)}',
        '[{1, {:old, 1}}, {2, {:old, 2}}]',
      ],
    ],
  },
];

interface Kept {
  readonly init: string;
  readonly does: string;
  readonly ask: string;
  /** The same under both versions, or that of the old and of the new one. */
  readonly shown: string | readonly [string, string];
  readonly more?: (version: string) => string;
}

/** A GenServer that gets its state from `init`; both versions are asked the same, and say which of them answers. */
function kept(name: string, promise: string, { init, does, ask, shown, more = () => '' }: Kept): Row {
  const module = name
    .split('_')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
  const source = (version: string) => `defmodule ${module} do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def ask, do: GenServer.call(__MODULE__, :ask)

  @impl true
  def init(_) do
    state = (
    ${init}
    )
    {:ok, state}
  end

  @impl true
  def handle_call(:ask, _from, state) do
    answer = (
    ${ask}
    )
    {:reply, {:${version}, answer}, state}
  end
  ${more(version)}
end
`;
  return {
    name,
    promise,
    decision: 'hot',
    before: { sources: { 'lib/k.ex': source('old') }, children: module },
    after: { sources: { 'lib/k.ex': source('new') } },
    does,
    says: [`${module}: ${migrated}`],
    there: [[`${module}.ask()`, keyword('new', typeof shown === 'string' ? shown : shown[1])]],
    back: [[`${module}.ask()`, keyword('old', typeof shown === 'string' ? shown : shown[0])]],
  };
}

function keyword(version: string, shown: string): string {
  return `{:${version}, ${shown}}`;
}

function named(version: string): string {
  return `defmodule KeepsNames do
  use GenServer
  def child_spec(n), do: %{id: n, start: {__MODULE__, :start_link, [n]}}
  def start_link(n), do: GenServer.start_link(__MODULE__, n)
  @impl true
  def init(n) do
    {:ok, _} = Registry.register(KeepsNames.Topics, :news, n)
    {:ok, n}
  end
  @impl true
  def handle_call(:who, _from, n), do: {:reply, {:${version}, n}, n}
end
`;
}
