defmodule Octochat.MixProject do
  use Mix.Project

  def project do
    [
      app: :octochat,
      version: System.get_env("VERSION", "0.2.0"),
      build_path: "../../_build",
      config_path: "../../config/config.exs",
      deps_path: "../../deps",
      lockfile: "../../mix.lock",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: [{:kv, in_umbrella: true}]
    ]
  end

  # sasl brings the release_handler, without which a release cannot be upgraded while it runs.
  def application do
    [mod: {Octochat.Application, []}, extra_applications: [:logger, :sasl]]
  end
end
