defmodule Octochat do
  @moduledoc "A line server over TCP, with a small HTTP endpoint beside it."

  @version Mix.Project.config()[:version]

  @doc "The version this module was compiled as: what answers with it is running this code."
  def version, do: @version
end
