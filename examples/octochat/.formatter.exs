[
  inputs: ["mix.exs", "config/*.exs", "apps/*/mix.exs", "{apps,versions}/**/*.{ex,exs}"]
]
