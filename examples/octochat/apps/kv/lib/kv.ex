defmodule KV do
  @moduledoc "A key-value store: one process that holds a map."
  use GenServer

  @vsn 1

  def start_link(_options), do: GenServer.start_link(__MODULE__, %{}, name: __MODULE__)

  def put(key, value), do: GenServer.call(__MODULE__, {:put, key, value})

  @doc "The value under `key`, or nil."
  def get(key), do: GenServer.call(__MODULE__, {:get, key})

  @doc "How many keys there are."
  def size, do: GenServer.call(__MODULE__, :size)

  @impl true
  def init(data), do: {:ok, data}

  @impl true
  def handle_call({:put, key, value}, _from, data), do: {:reply, :ok, Map.put(data, key, value)}
  def handle_call({:get, key}, _from, data), do: {:reply, Map.get(data, key), data}
  def handle_call(:size, _from, data), do: {:reply, map_size(data), data}
end
