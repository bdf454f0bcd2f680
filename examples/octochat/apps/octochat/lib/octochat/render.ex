defprotocol Octochat.Render do
  @moduledoc "A term as a client sees it. What has no implementation here cannot be shown."

  def render(term)
end

defimpl Octochat.Render, for: Integer do
  def render(integer), do: Integer.to_string(integer)
end

defimpl Octochat.Render, for: List do
  def render(list), do: ["[", Enum.map_intersperse(list, " ", &Octochat.Render.render/1), "]"]
end
