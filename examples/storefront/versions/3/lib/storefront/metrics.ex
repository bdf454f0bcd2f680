defmodule Storefront.Metrics do
  @moduledoc "What is counted of requests."

  # Called by start/2, and by config_change/3 when a new version was loaded or an old one came back.
  def attach do
    Storefront.Telemetry.attach([
      {"requests", [:request, :stop], &__MODULE__.count/2},
      {"bytes", [:request, :stop], &__MODULE__.count_bytes/2}
    ])
  end

  def count(_measurements, _metadata), do: add(:requests, 1)
  def count_bytes(%{bytes: bytes}, _metadata), do: add(:bytes, bytes)

  def report, do: inspect(Enum.sort(:ets.tab2list(__MODULE__)))

  defp add(key, by), do: :ets.update_counter(__MODULE__, key, by, {key, 0})
end
