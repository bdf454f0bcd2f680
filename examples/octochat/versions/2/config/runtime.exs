import Config

config :logger, level: String.to_existing_atom(System.get_env("OCTOCHAT_LOG_LEVEL", "info"))

config :octochat,
  tcp_port: String.to_integer(System.get_env("OCTOCHAT_TCP_PORT", "4040")),
  http_port: String.to_integer(System.get_env("OCTOCHAT_HTTP_PORT", "8080")),
  greeting: System.get_env("OCTOCHAT_GREETING", "hello"),
  motto: System.get_env("OCTOCHAT_MOTTO", "eight arms, one socket")
