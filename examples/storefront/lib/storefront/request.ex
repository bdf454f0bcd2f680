defmodule Storefront.Request do
  @moduledoc "One HTTP request, one process."

  @patience 5_000

  @doc "Answers the request on `socket`, and closes it unless a page has taken it over."
  def serve(socket) do
    with {:ok, {:http_request, :GET, {:abs_path, path}, _version}} <- receive_packet(socket),
         :ok <- skip_headers(socket),
         %{status: _} = conn <- Storefront.Router.call(%{path: path, socket: socket}) do
      :gen_tcp.send(socket, response(conn))
      Storefront.Telemetry.execute([:request, :stop], %{bytes: IO.iodata_length(conn.body)}, conn)
      :gen_tcp.close(socket)
    else
      :taken_over -> :ok
      _error -> :gen_tcp.close(socket)
    end
  end

  defp skip_headers(socket) do
    case receive_packet(socket) do
      {:ok, {:http_header, _, _, _, _}} -> skip_headers(socket)
      {:ok, :http_eoh} -> :ok
      _error -> :error
    end
  end

  defp receive_packet(socket), do: :gen_tcp.recv(socket, 0, @patience)

  defp response(%{status: status, type: type, body: body}) do
    [
      "HTTP/1.1 #{status} #{if status == 200, do: "OK", else: "Not Found"}\r\n",
      "content-type: #{type}\r\n",
      "content-length: #{IO.iodata_length(body)}\r\n",
      "connection: close\r\n\r\n",
      body
    ]
  end
end
