defmodule Octochat.Connection do
  @moduledoc """
  One client on a line socket, for as long as it stays.

  Its state is a map: the socket, how many commands it has `seen`, and the `last` of them.
  """
  @behaviour Octochat.Acceptor
  use GenServer, restart: :temporary

  @impl Octochat.Acceptor
  def accepted(socket) do
    {:ok, pid} =
      DynamicSupervisor.start_child(Octochat.ConnectionSupervisor, {__MODULE__, socket})

    # The client may be gone already; then the new process learns it from its socket.
    _ = :gen_tcp.controlling_process(socket, pid)
    GenServer.cast(pid, :serve)
  end

  def start_link(socket), do: GenServer.start_link(__MODULE__, socket)

  @impl true
  def init(socket), do: {:ok, state(socket, 0)}

  @impl true
  def handle_cast(:serve, state), do: listen(state)

  @impl true
  def handle_info({:tcp, socket, line}, %{socket: socket} = state) do
    Octochat.Stats.count()
    state = %{state | seen: state.seen + 1, last: line}
    _ = :gen_tcp.send(socket, [Octochat.Command.run(line, state.seen), ?\n])
    listen(state)
  end

  def handle_info({:tcp_closed, socket}, %{socket: socket} = state), do: {:stop, :normal, state}

  def handle_info({:tcp_error, socket, _reason}, %{socket: socket} = state),
    do: {:stop, :normal, state}

  # Version 1 kept a pair.
  @impl true
  def code_change({:down, _vsn}, %{socket: socket, seen: seen}, _extra), do: {:ok, {socket, seen}}
  def code_change(_vsn, {socket, seen}, _extra), do: {:ok, state(socket, seen)}

  defp state(socket, seen), do: %{socket: socket, seen: seen, last: nil}

  # One line at a time: a client that sends faster than it is answered waits in its own socket.
  defp listen(state) do
    case :inet.setopts(state.socket, active: :once) do
      :ok -> {:noreply, state}
      {:error, _closed} -> {:stop, :normal, state}
    end
  end
end
