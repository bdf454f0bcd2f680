defmodule Storefront.Endpoint do
  @moduledoc "The HTTP server. As with Bandit and Phoenix, no two boots have the same child specification."
  use Supervisor

  def child_spec(options) do
    options = Keyword.put(options, :salt, :crypto.strong_rand_bytes(8))
    id = {__MODULE__, make_ref()}
    %{id: id, start: {__MODULE__, :start_link, [options]}, type: :supervisor}
  end

  def start_link(options), do: Supervisor.start_link(__MODULE__, options, name: __MODULE__)

  @impl true
  def init(options) do
    Supervisor.init([{Storefront.Acceptor, options}], strategy: :one_for_one)
  end
end
