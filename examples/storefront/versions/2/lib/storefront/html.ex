defmodule Storefront.HTML do
  @moduledoc "The templates."

  def index(stylesheet, token) do
    """
    <!doctype html>
    <link rel="stylesheet" href="/#{stylesheet}">
    <h1>Welcome to the new storefront</h1>
    <p>Last visited: #{Storefront.Recent.path()}</p>
    <form><input type="hidden" name="token" value="#{token}"></form>
    """
  end
end
