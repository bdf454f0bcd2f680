defmodule Octochat.Acceptor do
  @moduledoc """
  Listens on a port and hands each connection to a handler.

  It waits in `accept` for a second at most, then calls itself by its full name. So it has left old
  code a second after new code was loaded, and no purge needs to kill it.
  """

  @patience 1_000

  @doc "Takes over a socket that was just accepted by the calling process."
  @callback accepted(:gen_tcp.socket()) :: :ok

  def child_spec(options) do
    %{
      id: {__MODULE__, Keyword.fetch!(options, :handler)},
      start: {__MODULE__, :start_link, [options]}
    }
  end

  @doc "Returns once the port is open, so that a port in use fails the boot."
  def start_link(options), do: :proc_lib.start_link(__MODULE__, :init, [options])

  def init(options) do
    {:ok, listener} =
      :gen_tcp.listen(options[:port], [
        :binary,
        packet: options[:packet],
        active: false,
        reuseaddr: true,
        nodelay: true,
        backlog: 1024
      ])

    :proc_lib.init_ack({:ok, self()})
    loop(listener, options[:handler])
  end

  def loop(listener, handler) do
    case :gen_tcp.accept(listener, @patience) do
      {:ok, socket} -> handler.accepted(socket)
      {:error, reason} when reason in [:timeout, :econnaborted] -> :ok
    end

    __MODULE__.loop(listener, handler)
  end
end
