defmodule Storefront.PubSub do
  @moduledoc "Messages by topic, with a Registry of this name."

  @doc "Subscribes the calling process."
  def subscribe(topic) do
    {:ok, _owner} = Registry.register(__MODULE__, topic, nil)
    :ok
  end

  def broadcast(topic, message) do
    Registry.dispatch(__MODULE__, topic, &for({pid, nil} <- &1, do: send(pid, message)))
  end

  @doc "Names of the processes that listen."
  def subscribers(topic) do
    names = for {pid, nil} <- Registry.lookup(__MODULE__, topic), do: Process.info(pid, :registered_name)
    names |> Keyword.get_values(:registered_name) |> Enum.sort()
  end
end
