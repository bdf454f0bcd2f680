// Sources of processes as Elixir writes them: what differs between two versions is given.

export function server(module: string, state: string, answer: string, more: string, initially = ''): string {
  return `defmodule ${module} do
  use GenServer
  ${more}
  def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
  def add(n), do: GenServer.cast(__MODULE__, {:add, n})
  def get, do: GenServer.call(__MODULE__, :get)

  @impl true
  def init(number) do
    ${initially}
    {:ok, ${state}}
  end

  @impl true
  def handle_cast({:add, n}, ${state}) do
    number = number + n
    {:noreply, ${state}}
  end

  @impl true
  def handle_call(:get, _from, ${state} = state), do: {:reply, ${answer}, state}
end
`;
}

export function plainServer(module: string, state: string, more: string): string {
  return `defmodule ${module} do
  use GenServer
  def start_link(n), do: GenServer.start_link(__MODULE__, n)
  @impl true
  def init(number), do: {:ok, ${state}}
  @impl true
  def handle_call(:get, _from, state), do: {:reply, state, state}
  ${more === '' ? '' : `@impl true\n  ${more}`}
end
`;
}

export function registered(module: string, state: string, more: string): string {
  return `defmodule ${module} do
  use GenServer
  def start_link(n), do: GenServer.start_link(__MODULE__, n, name: via(n))
  def get(n), do: GenServer.call(via(n), :get)
  def child_spec(n), do: %{id: n, start: {__MODULE__, :start_link, [n]}}
  defp via(n), do: {:via, Registry, {${module}.Names, n}}
  @impl true
  def init(number), do: {:ok, ${state}}
  @impl true
  def handle_call(:get, _from, state), do: {:reply, state, state}
  ${more === '' ? '' : `@impl true\n  ${more}`}
end
`;
}

export function sleeper(module: string, state: string, more: string): string {
  return `defmodule ${module} do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, 9, name: __MODULE__)
  def get, do: GenServer.call(__MODULE__, :get)
  @impl true
  def init(number), do: {:ok, ${state}, :hibernate}
  @impl true
  def handle_call(:get, _from, state), do: {:reply, state, state, :hibernate}
  ${more === '' ? '' : `@impl true\n  ${more}`}
end
`;
}

export function waiting(module: string, answer: string): string {
  return `defmodule ${module} do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, :nobody, name: __MODULE__)
  @impl true
  def init(state), do: {:ok, state}
  @impl true
  def handle_call(:wait, from, :nobody), do: {:noreply, from}
  @impl true
  def handle_cast(:answer, from) do
    GenServer.reply(from, ${answer})
    {:noreply, :nobody}
  end
end
`;
}

export function agent(module: string, read: string): string {
  return `defmodule ${module} do
  use Agent
  def start_link(_), do: Agent.start_link(fn -> 0 end, name: __MODULE__)
  def add(n), do: Agent.update(__MODULE__, &(&1 + n))
  def get, do: Agent.get(__MODULE__, ${read})
end
`;
}

export function loop(module: string, version: string): string {
  return `defmodule ${module} do
  def start do
    Process.register(self(), __MODULE__)
    loop(0)
  end

  def loop(count) do
    receive do
      {:ask, from} -> send(from, {:count, ${version}, count})
    after
      5 -> :ok
    end

    __MODULE__.loop(count + 1)
  end

  def ask do
    send(__MODULE__, {:ask, self()})

    receive do
      {:count, version, count} -> {version, count}
    after
      1000 -> :silence
    end
  end
end
`;
}

export function stage(version: string): string {
  return `defmodule StageLike do
  @callback handle(integer) :: integer
  defmacro __using__(_) do
    quote do
      use GenServer
      @behaviour StageLike
      def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
      @impl GenServer
      def init(sum), do: {:ok, sum}
      @impl GenServer
      def handle_call({:push, n}, _from, sum), do: {:reply, {StageLike.version(), sum + handle(n)}, sum + handle(n)}
    end
  end
  def push(stage, n), do: GenServer.call(stage, {:push, n})
  def version, do: ${version}
end
`;
}
