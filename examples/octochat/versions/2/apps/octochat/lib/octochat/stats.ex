defmodule Octochat.Stats do
  @moduledoc """
  How many commands were answered on all connections, since this process started.

  Connections may meet it before it runs: in an upgrade, the code that counts is there first.
  """
  use GenServer

  def start_link(_options), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)

  @doc "Counts one command, if anyone is counting."
  def count, do: GenServer.cast(__MODULE__, :count)

  @doc "The count, or nil while nobody is counting."
  def total do
    GenServer.call(__MODULE__, :total)
  catch
    :exit, _reason -> nil
  end

  @impl true
  def init(total), do: {:ok, total}

  @impl true
  def handle_cast(:count, total), do: {:noreply, total + 1}

  @impl true
  def handle_call(:total, _from, total), do: {:reply, total, total}
end
