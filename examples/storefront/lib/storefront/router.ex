defmodule Storefront.Router do
  @moduledoc "What each path answers: a plug in all but name, from a request to a request with its answer."

  alias Storefront.{Counter, HTML, Page, ProductPage, PubSub, Static, Telemetry}

  def call(%{path: "/"} = conn) do
    PubSub.broadcast("visits", {:visited, conn.path})
    ok(conn, "text/html", HTML.index(Static.path("assets/app.css"), token()))
  end

  def call(%{path: "/page"} = conn), do: Page.take_over(conn.socket, ProductPage)
  def call(%{path: "/assets/" <> _} = conn), do: file(conn, Static.read(conn.path))
  def call(%{path: "/health"} = conn), do: ok(conn, "text/plain", "ok")
  def call(%{path: "/visits"} = conn), do: ok(conn, "text/plain", "#{Counter.total()}")
  def call(%{path: "/metrics"} = conn), do: ok(conn, "text/plain", Storefront.Metrics.report())

  # What a start has set up beside processes: who listens to what, and the version that answers.
  def call(%{path: "/about"} = conn) do
    about = {Application.spec(:storefront, :vsn), Telemetry.handlers(), PubSub.subscribers("visits")}
    ok(conn, "text/plain", inspect(about))
  end

  def call(conn), do: Map.merge(conn, %{status: 404, type: "text/plain", body: "not found"})

  defp ok(conn, type, body), do: Map.merge(conn, %{status: 200, type: type, body: body})

  defp file(conn, {:ok, content}), do: ok(conn, "text/css", content)
  defp file(conn, {:error, _reason}), do: call(%{conn | path: "/not-found"})

  # As Phoenix signs its forms: another one tells that the runtime configuration was lost.
  defp token do
    secret = Application.fetch_env!(:storefront, :secret_key_base)
    Base.encode16(:crypto.mac(:hmac, :sha256, secret, "form"))
  end
end
