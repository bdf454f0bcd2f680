defmodule KV.MixProject do
  use Mix.Project

  def project do
    [
      app: :kv,
      version: System.get_env("VERSION", "0.2.0"),
      build_path: "../../_build",
      config_path: "../../config/config.exs",
      deps_path: "../../deps",
      lockfile: "../../mix.lock",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod
    ]
  end

  def application do
    [mod: {KV.Application, []}, extra_applications: [:logger]]
  end
end
