defmodule Storefront.Recent do
  @moduledoc "Remembers the last path that was visited."
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  def path, do: GenServer.call(__MODULE__, :path)

  @impl true
  def init(nil) do
    Storefront.PubSub.subscribe("visits")
    {:ok, nil}
  end

  @impl true
  def handle_info({:visited, path}, _before), do: {:noreply, path}

  @impl true
  def handle_call(:path, _from, path), do: {:reply, path, path}
end
