defmodule Octochat.Command do
  @moduledoc "What a line asks for, and the answer to it."

  @doc "The answer to `line`, the connection's `seen`-th command."
  def run(line, seen) do
    case String.split(line) do
      ["PING"] -> "PONG #{Octochat.version()} #{seen}"
      ["PUT", key, value] -> put(key, value)
      ["GET", key] -> KV.get(key) || "NIL"
      ["SHOW", sample] -> show(sample)
      ["GREETING"] -> Application.fetch_env!(:octochat, :greeting)
      ["MOTTO"] -> Application.get_env(:octochat, :motto, "ERROR unset")
      ["STATS"] -> stats()
      ["CHANGED"] -> Enum.map_join(Octochat.Changes.keys(), ",", &Atom.to_string/1)
      _ -> "ERROR unknown"
    end
  end

  defp put(key, value) do
    :ok = KV.put(key, value)
    "OK"
  end

  defp stats do
    case Octochat.Stats.total() do
      nil -> "ERROR unavailable"
      total -> Integer.to_string(total)
    end
  end

  defp show("integer"), do: render(42)
  defp show("list"), do: render([1, 2, 3])
  defp show("tuple"), do: render({4, 2})
  defp show(_sample), do: "ERROR unknown"

  defp render(term) do
    Octochat.Render.render(term)
  rescue
    Protocol.UndefinedError -> "ERROR unsupported"
  end
end
