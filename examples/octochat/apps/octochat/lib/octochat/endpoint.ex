defmodule Octochat.Endpoint do
  @moduledoc "What each path answers: `{status, content type, body}`."

  def answer(:GET, "/health") do
    _ = KV.size()
    {"200 OK", "text/plain", "ok"}
  catch
    :exit, _reason -> {"503 Service Unavailable", "text/plain", "the store does not answer"}
  end

  def answer(:GET, "/version") do
    greeting = Application.fetch_env!(:octochat, :greeting)
    body = Octochat.JSON.object(version: Octochat.version(), greeting: greeting)
    {"200 OK", "application/json", body}
  end

  def answer(_method, _path), do: {"404 Not Found", "text/plain", "not found"}
end
