import type { Engine, ExecResult } from '../engines/engine.js';
import type { Vm } from './vm.js';

/** How a node inside a container is reached. */
export interface Reach {
  readonly engine: Engine;
  readonly container: string;
  readonly vm: Vm;
  /** Only where it stands neither on the VM's command line nor in its user's home directory. */
  readonly cookie?: string;
}

/** What a script is given besides the VM: $1 pid, $2 bin directory, $3 flag and $4 name of the node, then `more`. */
export interface Script {
  readonly text: string;
  readonly stdin: string | Buffer | Promise<string>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly more?: readonly string[];
  readonly timeoutMs: number;
}

/** Runs a script beside the VM, as its user. Nothing a user gave is part of a script's text. */
export async function shell({ engine, container, vm }: Reach, script: Script): Promise<ExecResult> {
  const { pid, bin, distribution, user } = vm;
  const node = [distribution?.flag ?? '', distribution?.node ?? ''];
  return await engine.exec(container, {
    argv: ['sh', '-c', script.text, 'hot-deploy', pid, bin, ...node, ...(script.more ?? [])],
    user,
    stdin: script.stdin,
    ...(script.environment && { environment: script.environment }),
    timeoutMs: script.timeoutMs,
  });
}

// A VM that is started takes these for words of its command line: they could give it the running node's name.
export const unsetFlags = `
for each in $(env | sed -n 's/^\\(ERL_[AZ]*FLAGS\\)=.*/\\1/p; s/^\\(ERL_OTP[0-9]*_FLAGS\\)=.*/\\1/p'); do unset "$each"; done
`;

// $1 pid. A start script may have exported what the container itself does not know: where epmd listens, the home directory
// with the cookie, the character set.
export const ownEnvironment = `
while IFS= read -r line; do
  case $line in
  ERL_*FLAGS=* | ERL_CRASH_DUMP*=*) ;;
  ERL_*=* | HOME=* | LANG=* | LC_*=*) export "\${line?}" ;;
  esac
done <<OWN
$(tr '\\n\\000' ' \\n' <"/proc/$1/environ" 2>/dev/null)
OWN
`;

/** Flags of each VM that hot-deploy starts: its schedulers do not spin while they wait. Their number stays, since settings may use it. */
export const noBusyWait = '+sbwt none +sbwtdcpu none +sbwtdio none';

/** Erlang source for -eval: evaluates standard input on the node that is named beside, as erl_call does. 75: there was no connection. */
const evaluateThere =
  '{ok,[[A]]}=init:get_argument(hot_deploy_node),[_,H]=string:split(atom_to_list(node()),"@"),' +
  'N=list_to_atom(case lists:member($@,A)of true->A;_->A++"@"++H end),Halt=fun(C)->halt(C,[{flush,true}])end,' +
  'net_kernel:hidden_connect_node(N)=:=true orelse Halt(75),{ok,S}=file:read_file("/dev/stdin"),' +
  'case rpc:call(N,erl_eval,eval_str,[binary_to_list(S)])of {ok,_}->Halt(0);R->io:format(standard_error,"~0P~n",[R,9]),Halt(1) end.';

// Distribution over TLS, without epmd or on a fixed port is none that erl_call speaks: there, a VM of its own asks instead.
//
// The hidden nodes of two that ask at the same time need two names, or the second one is turned away; few names, since each
// stays on the node as an atom. Who is turned away has not read its input yet, and tries the next one, until all are taken;
// that is quick, and what takes its time is something else.
// The cookie is read where it is used: it comes in on the first line of standard input, or stands in the VM's own command line or,
// failing that, in the VM's own home directory, where erl_call looks by itself. It is in no argument and no variable, which others
// see: erl_call reads it from a file as well, in a home directory of its own. A node that listens on the loopback interface alone,
// or whose host does not resolve, is reached by localhost: the handshake asks for no name.
export const callFunction = `${ownEnvironment}
given() {
  vm=$1
  unset cookie
  IFS= read -r cookie
  [ -n "$cookie" ] || cookie=$(tr '\\000' '\\n' <"/proc/$1/cmdline" | sed -n '/^-setcookie$/{n;p;q;}')
}
call() {
  own=
  [ -z "$cookie" ] || for at in /dev/shm "\${TMPDIR:-/tmp}" "$HOME" .; do
    own=$(mktemp -d "$at/.hot-deploy-XXXXXX" 2>/dev/null) && break
  done
  if [ -z "$cookie" ]; then
    ask "$@"
  elif [ -n "$own" ]; then
    trap 'rm -rf "$own"' EXIT
    trap 'exit 143' HUP INT TERM
    (umask 077 && printf '%s' "$cookie" >"$own/.erlang.cookie") && (HOME=$own && export HOME && ask "$@")
    code=$?
    rm -rf "$own"
    return $code
  else
    echo 'hot-deploy finds no directory for the cookie that it may write to, not even /dev/shm' >&2
    return 1
  fi
}
ask() {
  if [ ! -x "$1/erl_call" ] || words | grep -qxE -e '-proto_dist|-erl_epmd_port|-no_epmd'; then
    hidden "$@"
    return
  fi
  at=$$ until=$(($(date +%s) + 8)) tries=8
  while :; do
    for node in "$3" "\${3%%@*}@localhost"; do
      "$1/erl_call" "$2" "$node" -h "hot_deploy_$((at % 8))" -e -fetch_stdout -no_result_term && return
    done
    at=$((at + 1)) tries=$((tries - 1))
    [ "$(date +%s)" -lt "$until" ] || break
    if [ -n "\${boots-}" ]; then
      [ -d "/proc/$vm" ] && sleep 0.1 || break
    elif [ "$tries" = 0 ]; then
      break
    fi
  done
  return 1
}
words() { tr '\\000' '\\n' <"/proc/$vm/cmdline"; }
# A hidden node that listens nowhere, with what the VM was told of its distribution. A relative file is one of its directory.
# A second node of the same name ends the connection of the first. So the name has the number of this process, and the next
# attempt takes one that is far from those of the processes beside it.
hidden() (
  source=$(cat) bin=$1 flag=$2 node=$3
  case $node in *@*) host=@\${node#*@} ;; *) host= ;; esac
  cd "/proc/$vm/cwd" || exit 1
  ${unsetFlags}  export ERL_CRASH_DUMP=/dev/null
  boot=$(words | sed -n '/^-boot$/{n;p;q;}')
  set -- ${noBusyWait} -hidden -dist_listen false -start_epmd false -noinput
  if [ -e "\${boot%/*}/start_clean.boot" ]; then
    lib=\${boot%/releases/*}/lib
    set -- "$@" -boot "\${boot%/*}/start_clean" -boot_var RELEASE_LIB "$lib"
    for each in "$lib"/asn1-*/ebin "$lib"/crypto-*/ebin "$lib"/public_key-*/ebin "$lib"/ssl-*/ebin; do
      set -- "$@" -pa "$each"
    done
  fi
  taken=
  while IFS= read -r word; do
    case $word in
    -extra) break ;;
    -proto_dist | -ssl_dist_* | -erl_epmd_port | -no_epmd | -epmd_module | -pa | -pz) taken=1 ;;
    -*) taken= ;;
    esac
    [ -z "$taken" ] || set -- "$@" "$word"
  done <<WORDS
$(words)
WORDS
  at=$$ until=$(($(date +%s) + 8))
  for _ in 1 2 3 4 5 6 7 8; do
    printf '%s\\n' "$source" | "$bin/erl" "$@" "$flag" "hot_deploy_$((at % 4096))$host" -hot_deploy_node "$node" -eval '${evaluateThere}'
    code=$?
    [ $code = 75 ] && [ "$(date +%s)" -lt "$until" ] || exit $code
    at=$((at + 509))
  done
  exit 75
)
`;

/** Asks the node: standard input is what {@link asked} makes. With a fifth argument it waits for a node that is not up yet. */
export const callNode = `${callFunction}given "$1"\nboots=\${5-}\ncall "$2" "$3" "$4"`;

/** The cookie, where one was given, and Erlang source. */
export const asked = ({ cookie = '' }: Pick<Reach, 'cookie'>, source: string) => `${cookie}\n${source}`;

/** Erlang source for -eval: reads an expression from standard input and evaluates it. */
export const evaluateInput =
  '{ok,Source}=file:read_file("/dev/stdin"),{ok,Tokens,_}=erl_scan:string(binary_to_list(Source)),' +
  '{ok,Forms}=erl_parse:parse_exprs(Tokens),erl_eval:exprs(Forms,[])';
