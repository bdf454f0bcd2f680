defmodule Storefront.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    children = [
      {Registry, keys: :duplicate, name: Storefront.PubSub},
      Storefront.Telemetry,
      Storefront.Static,
      Storefront.Migrator,
      Storefront.Counter,
      {DynamicSupervisor, name: Storefront.PageSupervisor},
      {Task.Supervisor, name: Storefront.RequestSupervisor},
      Storefront.Recent,
      {Storefront.Endpoint, port: Application.fetch_env!(:storefront, :port)}
    ]

    with {:ok, supervisor} <-
           Supervisor.start_link(children, strategy: :one_for_one, name: Storefront.Supervisor) do
      Storefront.Metrics.attach()
      {:ok, supervisor}
    end
  end

  # A hot upgrade does not call start/2. It calls this one, with empty lists if no setting changed:
  # here belongs what start/2 does beside starting children.
  @impl true
  def config_change(_changed, _new, _removed) do
    Storefront.Static.warm_up()
    Storefront.Metrics.attach()
  end
end
