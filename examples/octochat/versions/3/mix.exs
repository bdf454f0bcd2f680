defmodule Octochat.Umbrella.MixProject do
  use Mix.Project

  def project do
    [
      apps_path: "apps",
      version: System.get_env("VERSION", "0.3.0"),
      start_permanent: Mix.env() == :prod,
      releases: [octochat: [applications: [kv: :permanent, octochat: :permanent]]]
    ]
  end
end
