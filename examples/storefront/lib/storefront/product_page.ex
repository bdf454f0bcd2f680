defmodule Storefront.ProductPage do
  @moduledoc "The view of a product's page: `add` puts one into the basket."
  @behaviour Storefront.Page

  @impl true
  def mount(_params, _session, assigns), do: {:ok, Map.put(assigns, :quantity, 0)}

  @impl true
  def handle_event("add", assigns), do: Map.update!(assigns, :quantity, &(&1 + 1))
  def handle_event(_event, assigns), do: assigns

  @impl true
  def render(assigns), do: "In your basket: #{assigns.quantity}"
end
