defmodule Octochat.JSON do
  @moduledoc "As much JSON as the endpoint needs: neither Elixir 1.14 nor OTP 25 brings any."

  @doc "An object whose values are strings."
  def object(fields) do
    [
      "{",
      Enum.map_intersperse(fields, ",", fn {k, v} -> [string("#{k}"), ":", string(v)] end),
      "}"
    ]
  end

  defp string(text), do: [?", for(<<character::utf8 <- text>>, do: escape(character)), ?"]

  defp escape(c) when c in [?", ?\\], do: [?\\, c]
  defp escape(c) when c < 0x20, do: :io_lib.format("\\u~4.16.0b", [c])
  defp escape(c), do: <<c::utf8>>
end
