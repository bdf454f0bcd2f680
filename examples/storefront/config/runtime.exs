import Config

secret =
  System.get_env("SECRET_KEY_BASE") ||
    raise "SECRET_KEY_BASE is missing: set it to a long random text"

config :storefront,
  port: String.to_integer(System.get_env("PORT", "4000")),
  secret_key_base: secret
