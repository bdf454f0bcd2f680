defmodule Storefront.Page do
  @moduledoc """
  An open page: one process for as long as its client stays, which hosts a view module. LiveView's
  channel is such a process. Supervisors know it as this module and not as the view.

  The client sends an event a line, and gets the page as the view renders it then, in a line.
  """
  use GenServer, restart: :temporary

  @callback mount(params :: map, session :: map, assigns :: map) :: {:ok, map}
  @callback handle_event(event :: String.t(), assigns :: map) :: map
  @callback render(assigns :: map) :: iodata
  @callback code_change(old :: term, assigns :: map, extra :: term) :: {:ok, map}
  @optional_callbacks code_change: 3

  @doc "Takes the socket of a request over, as a websocket does."
  def take_over(socket, view) do
    {:ok, pid} = DynamicSupervisor.start_child(Storefront.PageSupervisor, {__MODULE__, {socket, view}})
    _ = :gen_tcp.controlling_process(socket, pid)
    GenServer.cast(pid, :serve)
    :taken_over
  end

  def start_link(hosted), do: GenServer.start_link(__MODULE__, hosted)

  @impl true
  def init({socket, view}) do
    # Says whom it hosts, to observers and to hot-deploy.
    Process.put(:"$initial_call", {view, :mount, 3})
    {:ok, assigns} = view.mount(%{}, %{}, %{})
    {:ok, %{socket: socket, view: view, assigns: assigns}}
  end

  @impl true
  def handle_cast(:serve, %{socket: socket} = state) do
    _ = :inet.setopts(socket, packet: :line)
    _ = :gen_tcp.send(socket, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
    listen(state)
  end

  @impl true
  def handle_info({:tcp, socket, line}, %{view: view} = state) do
    assigns = view.handle_event(String.trim(line), state.assigns)
    _ = :gen_tcp.send(socket, [view.render(assigns), ?\n])
    listen(%{state | assigns: assigns})
  end

  def handle_info({:tcp_closed, _socket}, state), do: {:stop, :normal, state}
  def handle_info({:tcp_error, _socket, _reason}, state), do: {:stop, :normal, state}

  # It is the view whose state changes shape.
  @impl true
  def code_change(old, %{view: view} = state, extra) do
    if function_exported?(view, :code_change, 3) do
      {:ok, assigns} = view.code_change(old, state.assigns, extra)
      {:ok, %{state | assigns: assigns}}
    else
      {:ok, state}
    end
  end

  defp listen(state) do
    case :inet.setopts(state.socket, active: :once) do
      :ok -> {:noreply, state}
      {:error, _closed} -> {:stop, :normal, state}
    end
  end
end
