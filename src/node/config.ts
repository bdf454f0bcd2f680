import { type Is, isAtom, isText, listOf, tupleOf } from '../system/shape.js';
import { AgentError, answer, expression, expressionForOwnVm, type Request } from './agent.js';
import {
  asked,
  callFunction,
  evaluateInput,
  noBusyWait,
  ownEnvironment,
  type Reach,
  type Script,
  shell,
  unsetFlags,
} from './shell.js';
import { map, type Term, text, write } from './term.js';

/** Of which release the configuration is wanted. */
export interface ConfigRequest {
  readonly root: string;
  readonly version: string;
  /** A version that lies in the container already: its boot script starts the VM that resolves. */
  readonly running: string;
  readonly applications: readonly (readonly [name: string, version: string])[];
}

/** `[Application, Key, Fingerprint]` of each value; two are comparable where they were made with one salt. */
export type Fingerprints = readonly (readonly [application: string, key: string, fingerprint: string])[];

export const isFingerprints: Is<Fingerprints> = listOf(tupleOf(isAtom, isAtom, isText));

/** Of each value a cold boot would have, and the salt they were made with. */
export interface Baseline {
  readonly salt: string;
  readonly values: Fingerprints;
}

// A VM of its own in the same container, booted as far as stdlib. What the running VM got by ERL_FLAGS it reads from that VM's environment. Boot scripts name the library directory (mix), or
// that of OTP's applications (distillery). Arguments: bin directory, boot script, library directory, Erlang source. It reads
// what to do from standard input. A crash dump would hold secrets.
const resolveFunction = `
resolve() (
  unset HOT_DEPLOY_RESOLVER HOT_DEPLOY_WAS${unsetFlags}
  export ERL_CRASH_DUMP=/dev/null
  exec "$1/erl" ${noBusyWait} -boot "$2" -boot_var RELEASE_LIB "$3" -boot_var ERTS_LIB_DIR "$1/../../lib" -noshell -noinput -eval "$4"
)
`;

// $5 boot script, $6 library directory, $7 Erlang source, $8 digest of the checksum file, $9 its path.
// The VM boots while others still work, and goes on at the word `go`: booting is most of what it costs.
// The bash script has what runs resolved here as well; hot-deploy itself has compared that before.
export const switchScript = `${callFunction}${resolveFunction}
exec 3<&0
verify() { printf '%s  %s\\n' "$1" "$2" | sha256sum -c - >/dev/null && cd "$3/.." && sha256sum -c "$2" >/dev/null; }
out=$({
  read -r word <&3
  if [ "$word" != go ]; then echo 'halt().';
  elif (verify "$8" "$9" "$6") 2>/dev/null; then printf '%s' "$HOT_DEPLOY_RESOLVER";
  else echo 'io:put_chars("\\nhot-deploy-damaged\\n"),halt().'; fi
} | resolve "$2" "$5" "$6" "$7" 2>&1)
config=$(printf '%s\\n' "$out" | sed -n 's/^hot-deploy-config //p')
was=
[ -z "\${HOT_DEPLOY_WAS-}" ] || was=$(printf '%s' "$HOT_DEPLOY_WAS" | resolve "$2" "$5" "$6" "$7" | sed -n 's/^hot-deploy-config //p')
if [ -z "$config" ] || { [ -n "\${HOT_DEPLOY_WAS-}" ] && [ -z "$was" ]; }; then
  printf '%s\\n' "$out" | sed -n 's/^hot-deploy-\\(unportable\\|damaged\\)/\\1/p' >&2
  exit 81
fi
given "$1" <&3
{
  printf 'Config=binary_to_term(base64:decode("%s")),' "$config"
  [ -z "$was" ] || printf 'Was=binary_to_term(base64:decode("%s")),' "$was"
  cat <&3
} | call "$2" "$3" "$4"`;

/** A request that will be evaluated on the node with a release's configuration, once the word is given. */
export interface Prepared {
  /**
   * Verifies the staged files, resolves the configuration and evaluates.
   *
   * @throws AgentError `damaged`, `unportable` or `config` before the node was asked anything
   */
  go<T>(request: Request, is: Is<T>): Promise<T>;
  /** Ends it without having done anything. */
  cancel(): Promise<void>;
}

/**
 * Starts the VM that will resolve the configuration in the container. The configuration goes from it to the node inside
 * the container and nowhere else: it holds secrets.
 */
export function prepare(
  reach: Reach,
  config: ConfigRequest,
  checksums: { readonly file: string; readonly sha256: string },
  timeoutMs: number,
  /** What it is where the node said nothing. */
  silence: () => Error,
): Prepared {
  let give: (input: string) => void = () => undefined;
  const stdin = new Promise<string>((resolve) => {
    give = resolve;
  });
  const ended = shell(reach, {
    text: switchScript,
    stdin,
    environment: { HOT_DEPLOY_RESOLVER: resolver(reach.vm.pid, config, 'main') },
    more: [...boot(config), evaluateInput, checksums.sha256, checksums.file],
    timeoutMs,
  });
  // Whoever cancels is not told of what went wrong meanwhile.
  ended.catch(() => undefined);
  return {
    go: async (request, is) => {
      give(`go\n${asked(reach, expression(request, { resolved: ['Config'], fence: reach.engine.fence }))}`);
      const { exitCode, stdout, stderr } = await ended;
      if (exitCode === 81) {
        throw unresolved(stderr.toString('utf8').trim());
      }
      const value = answer(stdout.toString('utf8'), is);
      if (value === undefined) throw silence();
      return value;
    },
    cancel: async () => {
      give('cancel\n');
      await ended.catch(() => undefined);
    },
  };
}

/** A script whose answer is the fingerprints of the configuration that a cold boot of a release would have. */
export function fingerprintScript(reach: Reach, config: ConfigRequest, salt: string): Script {
  const call = `hot_deploy_agent:main(hot_deploy_config,fingerprints,{R,<<"${salt}">>})`;
  return {
    text: `${ownEnvironment}${resolveFunction}\nprintf '%s' "$HOT_DEPLOY_RESOLVER" | resolve "$2" "$5" "$6" "$7"`,
    stdin: '',
    environment: { HOT_DEPLOY_RESOLVER: evaluating(reach.vm.pid, config, call) },
    more: [...boot(config), evaluateInput],
    timeoutMs: 60_000,
  };
}

function unresolved(said: string): AgentError {
  const [word, ...keys] = said.split(/\s+/);
  switch (word) {
    case 'damaged':
      return new AgentError('damaged', 'a staged file is not what was sent: is the disk full?');
    case 'unportable':
      return new AgentError(
        'unportable',
        `the new configuration holds values that cannot be written down (funs, pids): ${keys.join(', ')}`,
      );
    default:
      return new AgentError(
        'config',
        'the new configuration could not be resolved: runtime.exs or a configuration provider failed',
      );
  }
}

/** Source for a VM of its own, which prints the configuration: that of what is to run is refused where it cannot be written down. */
export function resolver(pid: string, config: Omit<ConfigRequest, 'running'>, what: 'main' | 'running'): string {
  return evaluating(pid, config, `hot_deploy_config:${what}(R)`);
}

function evaluating(pid: string, config: Omit<ConfigRequest, 'running'>, call: string): string {
  const request = map({
    root: text(config.root),
    version: text(config.version),
    pid: text(pid),
    applications: config.applications.map(([name, version]): Term => ({ tuple: [{ atom: name }, text(version)] })),
  });
  return expressionForOwnVm('config', `R=${write(request)},${call},halt(0,[{flush,true}])`);
}

/** Boot script and library directory of that VM. */
function boot({ root, running }: Pick<ConfigRequest, 'root' | 'running'>): readonly string[] {
  return [`${root}/releases/${running}/start_clean`, `${root}/lib`];
}
