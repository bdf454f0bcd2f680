import type { Engine, ExecResult } from '../docker/engine.js';
import { AgentError, answer, expression, expressionForOwnVm, type Request } from './agent.js';
import { map, type Term, text, write } from './term.js';
import type { Vm } from './vm.js';

/** The node could not be asked. What it runs is unknown until it answers again. */
export class NodeUnreachable extends Error {
  override readonly name = 'NodeUnreachable';
}

/** Where a release is to be resolved or read inside a container. */
export interface ConfigRequest {
  readonly root: string;
  readonly version: string;
  readonly running: string;
  readonly applications: readonly (readonly [name: string, version: string])[];
}

// The cookie is read where it is used: it stands in the VM's own command line or, failing that, in the VM's own
// home directory, where erl_call looks by itself. $1 pid, $2 bin directory, $3 flag, $4 node.
const callScript = `
cookie=\${HOT_DEPLOY_COOKIE:-}; unset HOT_DEPLOY_COOKIE
[ -n "$cookie" ] || cookie=$(tr '\\000' '\\n' <"/proc/$1/cmdline" | sed -n '/^-setcookie$/{n;p;q;}')
call() { "$1/erl_call" "$2" "$3" -h hot_deploy \${cookie:+-c "$cookie"} -e -fetch_stdout -no_result_term; }
`;

// A VM of its own in the same container, booted as far as stdlib. ERL_ flags could give it the running node's
// name; what the running VM got by them it reads from that VM's environment. $2 bin directory, $5 boot script,
// $6 library directory.
const resolveScript = `
resolve() {
  printf '%s' "$HOT_DEPLOY_RESOLVER" | env -u HOT_DEPLOY_RESOLVER -u ERL_FLAGS -u ERL_AFLAGS -u ERL_ZFLAGS \
    "$1/erl" -boot "$2" -boot_var RELEASE_LIB "$3" -noshell -noinput +S 1:1 +A 1 -eval "$4"
}
`;

/** One running node, asked by `erl_call` inside its container: a hidden C node, at the price of an exec. */
export class Node {
  constructor(
    private readonly engine: Engine,
    private readonly container: string,
    readonly vm: Vm,
    /** Only where it stands neither on the VM's command line nor in its user's home directory. */
    private readonly cookie?: string,
  ) {}

  /** Evaluates one request on the node. */
  async ask(request: Request, timeoutMs = 30_000): Promise<unknown> {
    const result = await this.shell(`${callScript}\ncall "$2" "$3" "$4"`, expression(request), {}, timeoutMs);
    return this.read(result);
  }

  /**
   * Resolves the configuration of a release in a VM of its own, then evaluates the request on the node with it:
   * the configuration goes from the one to the other inside the container and nowhere else. `checks` is a
   * SHA-256 digest and the path of the checksum file that has it: all is verified first.
   */
  async askWithConfig(
    request: Request,
    config: ConfigRequest,
    checksums: { readonly file: string; readonly sha256: string },
    timeoutMs: number,
  ): Promise<unknown> {
    const script = `${callScript}${resolveScript}
printf '%s  %s\\n' "$7" "$8" | sha256sum -c - >/dev/null && (cd "$6/.." && sha256sum -c "$8" >/dev/null) || exit 81
out=$(resolve "$2" "$5" "$6" "$9" 2>&1)
config=$(printf '%s\\n' "$out" | sed -n 's/^hot-deploy-config //p')
[ -n "$config" ] || { printf '%s\\n' "$out" | sed -n 's/^hot-deploy-unportable /unportable /p' >&2; exit 82; }
{ printf 'Config=binary_to_term(base64:decode("%s")),' "$config"; cat; } | call "$2" "$3" "$4"`;
    const result = await this.shell(
      script,
      expression(request, { variable: 'Config' }),
      { HOT_DEPLOY_RESOLVER: this.resolver(config, 'hot_deploy_config:main(R)') },
      timeoutMs,
      [...this.bootArguments(config), checksums.sha256, checksums.file, readFromInput],
    );
    if (result.exitCode === 81) {
      throw new AgentError('checksum', 'A staged file is not what was sent. Is the disk full?');
    }
    if (result.exitCode === 82) {
      throw new AgentError('config', result.stderr.toString('utf8').trim());
    }
    return this.read(result);
  }

  /** Fingerprints of the configuration that a cold boot of a release would have in this container. */
  async fingerprints(config: ConfigRequest, salt: string): Promise<unknown> {
    const call = `hot_deploy_agent:main(hot_deploy_config,fingerprints,{R,<<"${salt}">>})`;
    const result = await this.shell(
      `${resolveScript}\nresolve "$2" "$5" "$6" "$7"`,
      '',
      { HOT_DEPLOY_RESOLVER: this.resolver(config, call) },
      60_000,
      [...this.bootArguments(config), readFromInput],
    );
    return this.read(result);
  }

  private resolver(config: ConfigRequest, call: string): string {
    const request = map({
      root: text(config.root),
      version: text(config.version),
      running: text(config.running),
      pid: text(this.vm.pid),
      applications: config.applications.map(([name, version]): Term => ({ tuple: [{ atom: name }, text(version)] })),
    });
    return expressionForOwnVm('config', `R=${write(request)},${call},halt(0,[{flush,true}])`);
  }

  private bootArguments(config: ConfigRequest): readonly string[] {
    return [`${config.root}/releases/${config.version}/start_clean`, `${config.root}/lib`];
  }

  private async shell(
    script: string,
    stdin: string,
    environment: Readonly<Record<string, string>>,
    timeoutMs: number,
    more: readonly string[] = [],
  ): Promise<ExecResult> {
    const { pid, bin, distribution, user } = this.vm;
    const argv = [
      'sh',
      '-c',
      script,
      'hot-deploy',
      pid,
      bin,
      distribution?.flag ?? '',
      distribution?.node ?? '',
      ...more,
    ];
    const secrets = this.cookie === undefined ? {} : { HOT_DEPLOY_COOKIE: this.cookie };
    return await this.engine.exec(this.container, {
      argv,
      user,
      stdin,
      environment: { ...environment, ...secrets },
      timeoutMs,
    });
  }

  private read(result: ExecResult): unknown {
    const value = answer(result.stdout.toString('utf8'));
    if (value === undefined) {
      const said = `${result.stderr.toString('utf8')} ${result.stdout.toString('utf8')}`.trim().slice(-500);
      throw new NodeUnreachable(
        `The node in ${this.container} gave no answer (exit code ${result.exitCode}): ${said || 'it said nothing'}`,
      );
    }
    return value;
  }
}

// Erlang source for -eval: reads an expression from standard input and evaluates it.
const readFromInput =
  '{ok,Source}=file:read_file("/dev/stdin"),{ok,Tokens,_}=erl_scan:string(binary_to_list(Source)),{ok,Forms}=erl_parse:parse_exprs(Tokens),erl_eval:exprs(Forms,[])';
