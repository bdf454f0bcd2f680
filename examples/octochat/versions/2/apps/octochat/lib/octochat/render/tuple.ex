defimpl Octochat.Render, for: Tuple do
  def render(tuple) do
    elements = tuple |> Tuple.to_list() |> Enum.map_intersperse(" ", &Octochat.Render.render/1)
    ["{", elements, "}"]
  end
end
