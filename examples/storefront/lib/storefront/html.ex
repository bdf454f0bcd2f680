defmodule Storefront.HTML do
  @moduledoc "The templates."

  def index(stylesheet, token) do
    """
    <!doctype html>
    <link rel="stylesheet" href="/#{stylesheet}">
    <h1>Welcome to the storefront</h1>
    <form><input type="hidden" name="token" value="#{token}"></form>
    """
  end
end
