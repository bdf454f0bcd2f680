defmodule Storefront.Counter do
  @moduledoc "Counts visits. Its state is their number."
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)

  def total, do: GenServer.call(__MODULE__, :total)

  @impl true
  def init(total) do
    Storefront.PubSub.subscribe("visits")
    {:ok, total}
  end

  @impl true
  def handle_info({:visited, _path}, total), do: {:noreply, total + 1}

  @impl true
  def handle_call(:total, _from, total), do: {:reply, total, total}
end
