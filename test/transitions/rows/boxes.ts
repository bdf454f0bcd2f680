/** An Agent under its own name. */
export const box = (name: string, initial = '0') => `defmodule ${name} do
  use Agent
  def start_link(_), do: Agent.start_link(fn -> ${initial} end, name: __MODULE__)
end
`;
/** A supervisor with a callback module. */
export const shelf = (name: string, children: string, options = 'strategy: :one_for_one') => `defmodule ${name} do
  use Supervisor
  def start_link(arg), do: Supervisor.start_link(__MODULE__, arg, name: __MODULE__)
  @impl true
  def init(_), do: Supervisor.init([${children}], ${options})
end
`;
export const ids = (supervisor: string) =>
  `for {id, pid, _, _} <- Supervisor.which_children(${supervisor}), do: {id, is_pid(pid)}`;
export const put = (name: string, value: string) => `Agent.update(${name}, fn _ -> ${value} end)`;
export const get = (name: string) => `Agent.get(${name}, & &1)`;
