defmodule Storefront.MixProject do
  use Mix.Project

  def project do
    [
      app: :storefront,
      # CI sets it from the commit, as a build argument.
      version: System.get_env("VERSION", "0.1.0"),
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod
    ]
  end

  # As `mix phx.new` has it. mix adds sasl to the release by itself, which an upgrade needs.
  def application do
    [mod: {Storefront.Application, []}, extra_applications: [:logger, :runtime_tools, :ssl]]
  end
end
