defmodule KV.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([KV], strategy: :one_for_one, name: KV.Supervisor)
  end
end
