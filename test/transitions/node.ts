import { type Container, eventually, start } from '../support/world/container.js';
import { environment, evaluate } from '../support/world/inside.js';

/** Starts a container of a generated release, and waits until all its applications run. */
export async function boot(image: string): Promise<Container> {
  const container = await start(image);
  await eventually(
    `the boot of ${container.name}`,
    async () => ((await evaluate(container, 'element(1, init:get_status())')) === 'started' ? true : undefined),
    60_000,
  );
  return container;
}

/** The values of Elixir's expressions on the node as `inspect` shows them; one that raises shows what it raised. */
export async function inspected(container: Container, expressions: readonly string[]): Promise<readonly string[]> {
  if (expressions.length === 0) {
    return [];
  }
  const encoded = expressions.map((expression) => `"${Buffer.from(expression).toString('base64')}"`);
  const program = `
    for code <- [${encoded.join(', ')}] do
      shown =
        try do
          {value, _} = Code.eval_string(Base.decode64!(code))
          inspect(value, limit: :infinity, printable_limit: :infinity, charlists: :as_lists)
        catch
          kind, reason -> Exception.format_banner(kind, reason, __STACKTRACE__)
        end

      Base.encode64(shown)
    end
    |> Enum.join(",")`;
  const source = Buffer.from(program).toString('base64');
  const answer = await evaluate(container, `element(1, 'Elixir.Code':eval_string(base64:decode(<<"${source}">>)))`);
  const list = /^<<"([\w+/=,]*)">>$/.exec(answer)?.[1];
  if (list === undefined) {
    throw new Error(`${container.name} answered ${answer} to ${program}`);
  }
  return list.split(',').map((each) => Buffer.from(each, 'base64').toString());
}

/** The version of the release that runs. */
export async function version(container: Container): Promise<string> {
  return await evaluate(
    container,
    '[V || {_, V, _, current} <- release_handler:which_releases()] ++ [V || {_, V, _, permanent} <- release_handler:which_releases()]',
  );
}

/** Supervised processes by the ids of their children, such as `'Elixir.Shop.Till' <0.321.0>`. */
export async function processes(container: Container): Promise<readonly string[]> {
  const printed = await evaluate(
    container,
    `[io:format("~0tp ~w~n", [Id, P]) || {_, Id, P, _} <- release_handler_1:get_supervised_procs(), not lists:member(Id, [release_handler, timer_server])], the_end`,
  );
  return printed.split('\n').filter((line) => line !== 'the_end');
}

const own = `[M || {A, _, _} <- application:loaded_applications(), {ok, Ms} <- [application:get_key(A, modules)], M <- Ms]`;

/** What a transition and its reverse leave as it was, whoever was ended and started in between. */
export async function standing(container: Container): Promise<Readonly<Record<string, unknown>>> {
  return {
    applications: await evaluate(container, 'lists:sort(application:loaded_applications())'),
    running: await evaluate(container, 'lists:sort(application:which_applications())'),
    codePath: await evaluate(container, 'lists:sort(code:get_path())'),
    environment: await environment(container),
    modules: (
      await evaluate(
        container,
        `[io:format("~ts ~0p~n", [M, erlang:get_module_info(M, md5)]) || M <- lists:sort(${own}), erlang:module_loaded(M)], the_end`,
      )
    ).split('\n'),
    // Dynamic ones, which have no id, come and go with the work.
    children: (await processes(container))
      .map((line) => line.slice(0, line.lastIndexOf(' ')))
      .filter((id) => id !== 'undefined')
      .sort(),
  };
}
