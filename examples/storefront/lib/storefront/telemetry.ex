defmodule Storefront.Telemetry do
  @moduledoc "Handlers of events, in a table that this process owns, as the telemetry library has them."
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc """
  Attaches handlers in place of all that were attached before.

  Each is `{name, event, function}`. The function is a capture by name: an anonymous one would
  belong to the old code, and fail once that is purged.
  """
  def attach(handlers) do
    :ets.insert(__MODULE__, handlers)
    for handler <- :ets.tab2list(__MODULE__) -- handlers, do: :ets.delete(__MODULE__, elem(handler, 0))
    :ok
  end

  def execute(event, measurements, metadata) do
    for {_, ^event, function} <- :ets.tab2list(__MODULE__), do: function.(measurements, metadata)
    :ok
  end

  def handlers, do: Enum.sort(for {name, _, _} <- :ets.tab2list(__MODULE__), do: name)

  @impl true
  def init(nil) do
    :ets.new(__MODULE__, [:named_table, :public])
    :ets.new(Storefront.Metrics, [:named_table, :public])
    {:ok, nil}
  end
end
