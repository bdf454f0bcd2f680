defmodule Storefront.Migrator do
  @moduledoc """
  Where an application with Ecto runs its migrations at a start: a child that does its work and
  then is none. An upgrade does not start it again; hot-deploy has `release-command` for migrations.
  """

  def child_spec(options), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [options]}}

  def start_link(_options), do: :ignore
end
