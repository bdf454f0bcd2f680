defmodule Storefront.Acceptor do
  @moduledoc "Listens, and gives each request a process of its own."

  # It calls itself by its full name after a second at most, and so never stays in old code.
  @patience 1_000

  def child_spec(options) do
    %{id: {__MODULE__, make_ref()}, start: {__MODULE__, :start_link, [options]}}
  end

  @doc "Returns once the port is open, so that a port in use fails the boot."
  def start_link(options), do: :proc_lib.start_link(__MODULE__, :init, [options[:port]])

  def init(port) do
    {:ok, listener} =
      :gen_tcp.listen(port, [:binary, packet: :http_bin, active: false, reuseaddr: true, backlog: 1024])

    :proc_lib.init_ack({:ok, self()})
    loop(listener)
  end

  def loop(listener) do
    case :gen_tcp.accept(listener, @patience) do
      {:ok, socket} -> serve(socket)
      {:error, reason} when reason in [:timeout, :econnaborted] -> :ok
    end

    __MODULE__.loop(listener)
  end

  defp serve(socket) do
    {:ok, pid} =
      Task.Supervisor.start_child(Storefront.RequestSupervisor, Storefront.Request, :serve, [socket])

    # The client may be gone already; then the new process learns it from its socket.
    :gen_tcp.controlling_process(socket, pid)
  end
end
