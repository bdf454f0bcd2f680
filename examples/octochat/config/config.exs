import Config

config :logger, level: :info

# Any running release has the greeting of runtime.exs instead. Whoever is greeted with this one is
# talking to a release whose runtime configuration was lost.
config :octochat, greeting: "configured when the image was built"
