defmodule Octochat.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      {DynamicSupervisor, name: Octochat.ConnectionSupervisor},
      {Task.Supervisor, name: Octochat.RequestSupervisor},
      {Octochat.Acceptor, port: port(:tcp_port), packet: :line, handler: Octochat.Connection},
      {Octochat.Acceptor, port: port(:http_port), packet: :http_bin, handler: Octochat.Request},
      Octochat.Stats
    ]

    Supervisor.start_link(children, strategy: :one_for_one, name: Octochat.Supervisor)
  end

  @impl true
  def config_change(changed, new, removed) do
    Octochat.Changes.record(Keyword.keys(changed) ++ Keyword.keys(new) ++ removed)
  end

  defp port(name), do: Application.fetch_env!(:octochat, name)
end
