defmodule Octochat.Request do
  @moduledoc """
  One HTTP request, one process.

  It is over long before a second upgrade could purge the code it runs, so no request is ever lost
  to an upgrade.
  """
  @behaviour Octochat.Acceptor

  @patience 5_000

  @impl true
  def accepted(socket) do
    {:ok, pid} =
      Task.Supervisor.start_child(Octochat.RequestSupervisor, __MODULE__, :serve, [socket])

    _ = :gen_tcp.controlling_process(socket, pid)
    :ok
  end

  @doc "Answers the request on `socket` and closes it."
  def serve(socket) do
    with {:ok, {:http_request, method, {:abs_path, path}, _version}} <- receive_packet(socket),
         :ok <- skip_headers(socket) do
      :gen_tcp.send(socket, response(Octochat.Endpoint.answer(method, path)))
    end

    :gen_tcp.close(socket)
  end

  defp skip_headers(socket) do
    case receive_packet(socket) do
      {:ok, {:http_header, _, _, _, _}} -> skip_headers(socket)
      {:ok, :http_eoh} -> :ok
      {:ok, {:http_error, _line}} -> :error
      {:error, reason} -> {:error, reason}
    end
  end

  defp receive_packet(socket), do: :gen_tcp.recv(socket, 0, @patience)

  defp response({status, type, body}) do
    [
      "HTTP/1.1 #{status}\r\n",
      "content-type: #{type}\r\n",
      "content-length: #{IO.iodata_length(body)}\r\n",
      "connection: close\r\n\r\n",
      body
    ]
  end
end
