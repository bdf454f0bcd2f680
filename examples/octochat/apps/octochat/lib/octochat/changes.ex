defmodule Octochat.Changes do
  @moduledoc """
  The configuration keys that the last `config_change/3` reported.

  They are kept outside of the application's environment: what is put there by hand would be
  reported as removed by the next upgrade.
  """

  def record(keys), do: :persistent_term.put(__MODULE__, Enum.sort(keys))

  def keys, do: :persistent_term.get(__MODULE__, [])
end
