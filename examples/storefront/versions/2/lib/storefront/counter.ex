defmodule Storefront.Counter do
  @moduledoc "Counts visits, by path."
  use GenServer

  @vsn 2

  def start_link(_options), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)

  def total, do: GenServer.call(__MODULE__, :total)

  @doc "How often a path was visited since it is counted."
  def visits(path), do: GenServer.call(__MODULE__, {:visits, path})

  @impl true
  def init(total) do
    Storefront.PubSub.subscribe("visits")
    {:ok, by_path(total)}
  end

  @impl true
  def handle_info({:visited, path}, state) do
    paths = Map.update(state.paths, path, 1, &(&1 + 1))
    {:noreply, %{state | total: state.total + 1, paths: paths}}
  end

  @impl true
  def handle_call(:total, _from, state), do: {:reply, state.total, state}
  def handle_call({:visits, path}, _from, state), do: {:reply, Map.get(state.paths, path, 0), state}

  # Version 1 kept the bare number.
  @impl true
  def code_change({:down, _old}, %{total: total}, _extra), do: {:ok, total}
  def code_change(_old, total, _extra), do: {:ok, by_path(total)}

  defp by_path(total), do: %{total: total, paths: %{}}
end
