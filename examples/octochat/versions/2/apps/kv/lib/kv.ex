defmodule KV do
  @moduledoc "A key-value store: one process that holds a map, and counts and logs what is asked of it."
  use GenServer
  require Logger

  @vsn 2

  def start_link(_options), do: GenServer.start_link(__MODULE__, %{}, name: __MODULE__)

  def put(key, value), do: GenServer.call(__MODULE__, {:put, key, value})

  @doc "The value under `key`, or nil."
  def get(key), do: GenServer.call(__MODULE__, {:get, key})

  @doc "How many keys there are."
  def size, do: GenServer.call(__MODULE__, :size)

  @impl true
  def init(data), do: {:ok, counting(data)}

  @impl true
  def handle_call({:put, key, value}, _from, state) do
    Logger.debug("put #{key}")
    {:reply, :ok, %{state | data: Map.put(state.data, key, value), puts: state.puts + 1}}
  end

  def handle_call({:get, key}, _from, state) do
    Logger.debug("get #{key}")
    {:reply, Map.get(state.data, key), %{state | gets: state.gets + 1}}
  end

  def handle_call(:size, _from, state), do: {:reply, map_size(state.data), state}

  # Version 1 kept the bare map.
  @impl true
  def code_change({:down, 1}, %{data: data}, _extra), do: {:ok, data}
  def code_change(1, data, _extra), do: {:ok, counting(data)}

  defp counting(data), do: %{data: data, puts: 0, gets: 0}
end
