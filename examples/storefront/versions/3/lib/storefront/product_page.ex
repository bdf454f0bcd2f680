defmodule Storefront.ProductPage do
  @moduledoc "The view of a product's page: `add` puts one into the basket."
  @behaviour Storefront.Page

  @price 5

  @impl true
  def mount(_params, _session, assigns), do: {:ok, Map.merge(assigns, %{quantity: 0, price: @price})}

  @impl true
  def handle_event("add", assigns), do: Map.update!(assigns, :quantity, &(&1 + 1))
  def handle_event(_event, assigns), do: assigns

  @impl true
  def render(assigns) do
    "In your basket: #{assigns.quantity}, #{assigns.quantity * assigns.price} euros"
  end

  # Pages that were open before have no price: without this they would crash at their next event.
  @impl true
  def code_change({:down, _old}, assigns, _extra), do: {:ok, Map.delete(assigns, :price)}
  def code_change(_old, assigns, _extra), do: {:ok, Map.put(assigns, :price, @price)}
end
