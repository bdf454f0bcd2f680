[
  inputs: ["mix.exs", "config/*.exs", "{lib,versions}/**/*.ex"]
]
