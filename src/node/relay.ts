import { Unreadable } from '../engines/call.js';
import type { ExecCommand, ExecResult } from '../engines/engine.js';
import { beam } from './agent.js';
import { callFunction, type Reach, shell } from './shell.js';
import { atom, binary, map, tuple, write } from './term.js';

/** A node of the cluster did not answer the one through which it is reached. */
export class NodeCutOff extends Unreadable {
  override readonly name = 'NodeCutOff';
}

// $5 Erlang source. The input of the program goes by a file which only the VM's user can read, and comes to the other node over
// the connection that the two have; its outputs come back the same way, after a line that says since when that VM runs. 125: nobody
// knows what became of it.
const script = `${callFunction}given "$1"
hold=
for at in /dev/shm "\${TMPDIR:-/tmp}" "$HOME" .; do
  hold=$(mktemp -d "$at/.hot-deploy-XXXXXX" 2>/dev/null) && break
done
[ -n "$hold" ] || { echo 'no directory can be written to' >&2; exit 125; }
trap 'rm -rf "$hold"' EXIT
trap 'exit 143' HUP INT TERM
cat >"$hold/in"
said=$({ printf 'Hold="%s",' "$hold"; printf '%s' "$5"; } | call "$2" "$3" "$4")
code=$(printf '%s\\n' "$said" | sed -n 's/^hot-deploy-ran \\([0-9]*\\) [0-9]*$/\\1/p')
if [ -n "$code" ]; then
  printf '%s\\n' "$said" | sed -n 's/^hot-deploy-ran [0-9]* //p'
  cat "$hold/out"
  cat "$hold/err" >&2
else
  printf '%s\\n' "$said" | sed -n 's/^hot-deploy-failed //p' >&2
fi
rm -rf "$hold"
exit "\${code:-125}"`;

/** Takes the copy away; whoever is in it goes on. */
const drop = '[erpc:call(N,code,Do,[M],T)||Do<-[soft_purge,delete,soft_purge]]';
/** Nothing is loaded over a copy that somebody is in: to load a third one would end that one. */
const load = `(try erpc:call(N,M,module_info,[md5],T) catch _:_->none end)=:=code:module_md5(B) orelse begin
true=erpc:call(N,code,soft_purge,[M],T),{module,M}=erpc:call(N,code,load_binary,[M,"hot_deploy",B],T) end`;
const run = `{ok,In}=file:read_file([Hold,"/in"]),{Code,Out,Err}=erpc:call(N,M,F,[A,In],T),S=erpc:call(N,M,started,[],T),
ok=file:write_file([Hold,"/out"],Out),ok=file:write_file([Hold,"/err"],Err),io_lib:format("hot-deploy-ran ~b ~b",[Code,S])`;
const failed = 'io_lib:format("hot-deploy-failed ~0P",[case R of {erpc,W}->W;_->R end,8])';

/** What came back, and since when the VM of that node runs, in milliseconds since 1970. */
export type Relayed = ExecResult & { readonly started: number };

/** Each has its own place in the way back, and the outer one is waited for longer. */
const spareMs = 5_000;
const mostBytes = 32 * 1_048_576;

/**
 * Runs a program beside another node of the cluster, as the user of its VM, over the connection that the node in `reach` has.
 *
 * @throws NodeCutOff where it is not known what became of it
 */
export async function relay(reach: Reach, node: string, command: ExecCommand): Promise<Relayed> {
  const { argv, environment = {}, stdin = '', timeoutMs, last } = command;
  const variables = Object.entries(environment).map(([name, value]) => tuple(binary(name), binary(value)));
  const given = {
    argv: argv.map(binary),
    environment: variables,
    timeout: timeoutMs,
    most: Math.max(mostBytes, last ?? 0),
  };
  return await passed(reach, node, { name: 'run', argument: write(map(given)), stdin: await stdin, timeoutMs });
}

/** Evaluates Erlang source on another node of the cluster; what it prints is standard output. Throws as `relay` does. */
export async function evaluateThere(reach: Reach, node: string, source: string, timeoutMs: number): Promise<Relayed> {
  return await passed(reach, node, { name: 'evaluate', argument: '#{}', stdin: source, timeoutMs });
}

/** Takes away what reaching a node has brought into its VM. One that does not answer any more keeps it until it ends. */
export async function leave(reach: Reach, node: string): Promise<void> {
  await evaluated(reach, node, `${drop},"hot-deploy-left"`, '', 10_000);
}

interface Passed {
  readonly name: 'run' | 'evaluate';
  readonly argument: string;
  readonly stdin: string | Buffer;
  readonly timeoutMs: number;
}

async function passed(reach: Reach, node: string, { name, argument, stdin, timeoutMs }: Passed): Promise<Relayed> {
  const code = beam('hot_deploy_port').toString('base64');
  const source = `F=${name},A=${argument},B=base64:decode("${code}"),${load},${run}`;
  const result = await evaluated(reach, node, source, stdin, timeoutMs);
  const [, head] = /^(\d{1,15})\n/.exec(result.stdout.subarray(0, 20).toString('latin1')) ?? [];
  if (result.exitCode !== 125 && head !== undefined)
    return { ...result, stdout: result.stdout.subarray(head.length + 1), started: Number(head) };
  const why = result.stderr.toString('utf8').trim().split('\n').at(-1);
  throw new NodeCutOff(
    `${node} did not answer ${reach.vm.distribution?.node ?? reach.container}, through which it is reached: ${why || 'it said nothing'}.`,
  );
}

/** What the source answers is printed by the node in `reach`; N is the other node, M the agent's module there. */
async function evaluated(
  reach: Reach,
  node: string,
  source: string,
  stdin: string | Buffer,
  timeoutMs: number,
): Promise<ExecResult> {
  const known = `N=${write(atom(node))},M=hot_deploy_port,T=${timeoutMs + spareMs}`;
  return await shell(reach, {
    text: script,
    stdin: Buffer.concat([Buffer.from(`${reach.cookie ?? ''}\n`), Buffer.from(stdin)]),
    more: [`${known},io:put_chars(["\\n",try ${source} catch _:R->${failed} end,"\\n"]).\n`],
    timeoutMs: timeoutMs + 2 * spareMs,
  });
}
