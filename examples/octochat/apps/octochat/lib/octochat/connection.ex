defmodule Octochat.Connection do
  @moduledoc "One client on a line socket, for as long as it stays. Its state is `{socket, seen}`."
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
  def init(socket), do: {:ok, {socket, 0}}

  @impl true
  def handle_cast(:serve, {socket, _seen} = state), do: listen(socket, state)

  @impl true
  def handle_info({:tcp, socket, line}, {socket, seen}) do
    seen = seen + 1
    _ = :gen_tcp.send(socket, [Octochat.Command.run(line, seen), ?\n])
    listen(socket, {socket, seen})
  end

  def handle_info({:tcp_closed, socket}, {socket, _seen} = state), do: {:stop, :normal, state}

  def handle_info({:tcp_error, socket, _reason}, {socket, _seen} = state),
    do: {:stop, :normal, state}

  # One line at a time: a client that sends faster than it is answered waits in its own socket.
  defp listen(socket, state) do
    case :inet.setopts(socket, active: :once) do
      :ok -> {:noreply, state}
      {:error, _closed} -> {:stop, :normal, state}
    end
  end
end
