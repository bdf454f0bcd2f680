import { handle } from '../world/container.js';
import { docker } from '../world/images.js';
import { evaluate } from '../world/inside.js';

/** A container as the engine has it, whoever made it. */
export interface Seen {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly running: boolean;
  readonly startedAt: string;
  readonly restartPolicy: string;
  readonly image: string;
}

/** What a node says of itself. */
export interface Says {
  /** What its code answers with. */
  readonly version: string;
  /** What a restart of the VM boots. */
  readonly permanent: readonly string[];
  /** Of all releases but the permanent one: `0.2.0 current`. */
  readonly others: readonly string[];
  readonly suspended: readonly string[];
  /** What a client has put there. */
  readonly value: string | null;
  /** Directories of versions, such as `releases/0.2.0` and `lib/kv-0.2.0`. */
  readonly directories: readonly string[];
}

/** All containers whose name or id is meant. */
export async function containers(meant: (id: string, name: string) => boolean): Promise<readonly Seen[]> {
  const listed = (await docker('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.Names}}')).split('\n').filter(Boolean);
  const ids = listed.map((line) => line.split(' ')).filter(([id = '', name = '']) => meant(id, name));
  const all = await Promise.all(ids.map(([id = '']) => inspected(id)));
  return all.filter((one) => one !== undefined);
}

/** Undefined where it has gone meanwhile. */
async function inspected(id: string): Promise<Seen | undefined> {
  const format =
    '{"id":{{json .Id}},"name":{{json .Name}},"status":{{json .State.Status}},"running":{{json .State.Running}},' +
    '"startedAt":{{json .State.StartedAt}},"restartPolicy":{{json .HostConfig.RestartPolicy.Name}},"image":{{json .Image}}}';
  try {
    const seen = JSON.parse(await docker('inspect', '--type', 'container', '-f', format, id)) as Seen;
    return { ...seen, name: seen.name.slice(1) };
  } catch (error) {
    if (/no such container/i.test(String(error))) return undefined;
    throw error;
  }
}

const says = `
true = lists:keymember(octochat, 1, application:which_applications()),
Text = fun(T) -> lists:flatten(io_lib:format("~0tp", [T])) end,
Releases = release_handler:which_releases(),
Suspended = [Text({N, P}) || {_, N, P, _} <- release_handler_1:get_supervised_procs(),
  {status, _, _, [_, suspended | _]} <- [catch sys:get_status(P, 300)]],
{'Elixir.Octochat':version(),
 [V || {_, V, _, permanent} <- Releases],
 [V ++ " " ++ atom_to_list(S) || {_, V, _, S} <- Releases, S =/= permanent],
 Suspended,
 'Elixir.KV':get(<<"kept">>),
 lists:append([filelib:wildcard(W, "/app") || W <- ["releases/[0-9]*", "lib/octochat-*", "lib/kv-*"]])}`;

/** @throws Error where the node does not answer, or has not booted */
export async function ask(name: string): Promise<Says> {
  const told = await evaluate(handle(name), says.replaceAll('\n', ' '));
  const [version, permanent, others, suspended, value, directories] = JSON.parse(
    told
      .replaceAll(/<<("[^"]*")>>/g, '$1')
      .replace(/,nil,/, ',null,')
      .replace(/^\{/, '[')
      .replace(/\}$/, ']'),
  ) as [string, string[], string[], string[], string | null, string[]];
  return { version, permanent, others, suspended, value, directories };
}
