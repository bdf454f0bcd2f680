import type { Container } from './container.js';
import { docker } from './images.js';

// The VM's own command line says how to reach it. $1 is Erlang source, $2 a number for who asks.
const call = `
for d in /proc/[0-9]*; do read -r comm <"$d/comm" 2>/dev/null; case $comm in beam*) break ;; esac; done
word() { tr '\\000' '\\n' <"$d/cmdline" | sed -n "/^-$1\\$/{n;p;q;}"; }
printf '%s\\n' "$1" | "$(word bindir)/erl_call" -sname "$(word sname)" -h "observer_$2" -c "$(word setcookie)" -e -fetch_stdout -no_result_term`;

const turns = new Map<string, { readonly last: Promise<string>; readonly asked: number }>();

/**
 * Evaluates an Erlang expression on the container's node, and answers its value as the node prints it. One after the other:
 * who asks has a name that the node knows once, and a second of that name is turned away meanwhile.
 */
export async function evaluate(container: Container, expression: string): Promise<string> {
  const { last, asked } = turns.get(container.name) ?? { last: Promise.resolve(''), asked: 0 };
  // By two names in turn: it may take the node a moment to see that somebody has left.
  const turn = last.catch(() => '').then(() => ask(container, expression, asked % 2));
  turns.set(container.name, { last: turn, asked: asked + 1 });
  return await turn;
}

async function ask(container: Container, expression: string, by: number): Promise<string> {
  // erl_call reads bytes as Latin-1.
  const plain = expression.replace(/[^\0-\x7f]/gu, (character) => `\\x{${character.codePointAt(0)?.toString(16)}}`);
  const source = `io:put_chars(io_lib:format("~0tp", [begin ${plain} end])).`;
  return (await docker('exec', container.name, 'sh', '-c', call, 'sh', source, String(by))).trim();
}

const list = `
cd /app || exit 1
find . -printf '%M %u %p\\n' | sort -k 3
find . -type f -exec sha256sum {} + | sort -k 2`;

/** All files below the release's root: mode, owner, name and digest. */
export async function files(container: Container): Promise<readonly string[]> {
  return (await docker('exec', '-u', '0', container.name, 'sh', '-c', list)).split('\n');
}

/** The environment of all loaded applications save those keys, each value on a line of its own: `APP:KEY VALUE`. */
export async function environment(container: Container, without: readonly string[] = []): Promise<readonly string[]> {
  const printed = await evaluate(
    container,
    `[io:format("~ts:~ts ~0tp~n", [A, K, V]) || {A, _, _} <- application:loaded_applications(), {K, V} <- application:get_all_env(A)], end_of_environment`,
  );
  const lines = printed.split('\n').filter((line) => line !== 'end_of_environment');
  return lines.filter((line) => !without.includes(line.split(' ')[0] ?? '')).sort();
}

/** Everything that a deploy which was refused has to leave as it was. */
export interface Standing {
  readonly files: readonly string[];
  readonly environment: readonly string[];
  /** Names and versions of the applications. */
  readonly applications: string;
  readonly releases: string;
  readonly codePath: string;
  /** Of all modules of the releases' own applications. */
  readonly modules: string;
  /** Supervised processes with their supervisors, and those under a name. */
  readonly processes: string;
  readonly suspended: string;
}

const own = `[M || {A, _, _} <- application:loaded_applications(), {ok, Ms} <- [application:get_key(A, modules)], M <- Ms]`;
// release_handler is started anew to read its record, and has OTP's timers started for its own use.
const aside = '[release_handler, timer_server]';
// A health check that is just under way has a process there.
const passing = "whereis('Elixir.Octochat.RequestSupervisor')";

export async function standing(container: Container): Promise<Standing> {
  return {
    files: await files(container),
    environment: await environment(container),
    applications: await evaluate(container, 'lists:sort(application:loaded_applications())'),
    releases: await evaluate(container, 'release_handler:which_releases()'),
    codePath: await evaluate(container, 'code:get_path()'),
    modules: await evaluate(
      container,
      `erlang:phash2(lists:sort([{M, erlang:get_module_info(M, md5)} || M <- ${own}, erlang:module_loaded(M)]))`,
    ),
    processes: await evaluate(
      container,
      `lists:sort([{N, whereis(N)} || N <- registered() -- ${aside}] ++ [{S, P} || {S, N, P, _} <- release_handler_1:get_supervised_procs(), not lists:member(N, ${aside}), S =/= ${passing}])`,
    ),
    suspended: await suspended(container),
  };
}

/** The same where a release was installed and taken back: release_handler has made its record, which a mix release lacks. */
export function apartFromRecord(standing: Standing): Standing {
  return {
    ...standing,
    files: standing.files.filter((line) => !line.endsWith(' ./releases/RELEASES')),
    releases: standing.releases.replaceAll(/\[("[^"]*",?)*\],/g, ''),
  };
}

/** Processes that are held at this moment. */
export async function suspended(container: Container): Promise<string> {
  return await evaluate(
    container,
    `[{N, P} || {_, N, P, _} <- release_handler_1:get_supervised_procs(), {status, _, _, [_, suspended | _]} <- [catch sys:get_status(P, 300)]]`,
  );
}
