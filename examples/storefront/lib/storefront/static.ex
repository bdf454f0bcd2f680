defmodule Storefront.Static do
  @moduledoc """
  Static files, and the cache of their digested names: a table that is filled from
  `priv/static/cache_manifest.json` once, as Phoenix's endpoint does it.
  """
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)

  @doc "The digested name of a file."
  def path(name) do
    [{^name, digested}] = :ets.lookup(__MODULE__, name)
    digested
  end

  def read(path), do: File.read(in_priv(Path.expand(path, "/")))

  @doc "Reads the manifest anew. An upgrade brings a new one, in a new directory."
  def warm_up, do: GenServer.call(__MODULE__, :warm_up)

  @impl true
  def init(nil) do
    :ets.new(__MODULE__, [:named_table, read_concurrency: true])
    fill()
    {:ok, nil}
  end

  @impl true
  def handle_call(:warm_up, _from, state) do
    fill()
    {:reply, :ok, state}
  end

  # JSON came to Elixir and OTP later than this example's Elixir; a manifest is a list of pairs.
  defp fill do
    manifest = File.read!(in_priv("cache_manifest.json"))
    rows = for [_, name, digested] <- Regex.scan(~r/"([^"]+)":\s*"([^"]+)"/, manifest), do: {name, digested}
    :ets.insert(__MODULE__, rows)
    for {name, _} <- :ets.tab2list(__MODULE__) -- rows, do: :ets.delete(__MODULE__, name)
  end

  defp in_priv(path), do: Path.join(Application.app_dir(:storefront, "priv/static"), path)
end
