import type { Engine } from '../engines/engine.js';

/** A running VM inside a container, as its own command line describes it. */
export interface Vm {
  /** In the container's process namespace. */
  readonly pid: string;
  /** `uid:gid` the VM runs as. */
  readonly user: string;
  /** Directory of `erl_call` and `erl`. */
  readonly bin: string;
  /** Of the release. */
  readonly root: string;
  /** Absent where the VM was started without distribution. */
  readonly distribution?: { readonly flag: '-sname' | '-name'; readonly node: string };
  /** The boot script's path without extension, such as `/app/releases/0.1.0/start`. */
  readonly boot?: string;
  /** The command line, with the cookie's value left out. */
  readonly args: readonly string[];
}

/** Its node's name, or its process where it has none. */
export const nameOfVm = ({ distribution, pid }: Vm) => distribution?.node ?? `process ${pid}`;

// The VM is known by its executable's name: the first word of its command line may be the start script's.
// /proc/PID/exe can be read only by the same user, so the command line's -bindir stands in for it. The cookie
// never leaves the container.
//
// With --pid=host, or --pid=container:OTHER, the VMs of other containers are seen too: process 1 is not of this
// container then, and only what is in its control groups, or below them, is.
export const inside = `
inside() {
  while IFS=: read -r _ _ own && IFS=: read -r _ _ its <&3; do
    case $its in "\${own%/}/.."*) return 1 ;; "$own" | "\${own%/}"/*) ;; *) return 1 ;; esac
  done </proc/self/cgroup 3<"$1/cgroup"
}
shared=
if [ -r /proc/self/cgroup ] && ! inside /proc/1; then shared=1; fi
`;

export const search = `${inside}
for d in /proc/[0-9]*; do
  read -r comm 2>/dev/null <"$d/comm" || continue
  case $comm in beam*) ;; *) continue ;; esac
  [ -z "$shared" ] || inside "$d" || continue
  echo "vm \${d#/proc/}"
  sed -n 's/^Uid:[[:space:]]*\\([0-9]*\\).*/uid \\1/p; s/^Gid:[[:space:]]*\\([0-9]*\\).*/gid \\1/p' "$d/status"
  tr '\\000' '\\n' <"$d/cmdline" | sed -e '/^-setcookie$/{N;s/\\n.*//;}' -e 's/^/arg /'
done
`;

/** All VMs in the container that serve; those that are only attached to another one are left out. */
export async function findVms(engine: Engine, container: string): Promise<readonly Vm[]> {
  const found = await engine.exec(container, { argv: ['sh', '-c', search], timeoutMs: 30_000 });
  return parseVms(found.stdout.toString('utf8'));
}

/** Pure part of {@link findVms}. */
export function parseVms(lines: string): readonly Vm[] {
  const blocks = lines.split(/^vm /m).slice(1);
  const vms = blocks.map(parseVm).filter((vm): vm is Vm => vm !== undefined && !isTool(vm));
  // Tools mostly hide, and so may a node that serves: then it is the only one.
  const visible = vms.filter(({ args }) => !args.includes('-hidden'));
  return visible.length > 0 ? visible : vms;
}

function parseVm(block: string): Vm | undefined {
  const [pid = '', ...rest] = block.split('\n');
  const field = (name: string) => rest.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const args = rest.filter((line) => line.startsWith('arg ')).map((line) => line.slice(4));
  const value = (flag: string) => {
    const at = args.indexOf(flag);
    return at < 0 ? undefined : args[at + 1];
  };
  const root = value('-root');
  // Runtimes that are too old for hot-deploy say nothing of -bindir, and have to be known all the same to be refused.
  const bin = value('-bindir') ?? /^(\/.*\/erts-[^/]+\/bin)\/beam/.exec(args[0] ?? '')?.[1];
  if (root === undefined || bin === undefined) {
    return undefined;
  }
  const boot = value('-boot');
  const distribution = distributionOf(value);
  return {
    pid: pid.trim(),
    user: `${field('uid') ?? '0'}:${field('gid') ?? '0'}`,
    bin,
    // Without a runtime of its own (include_erts) the release lies where its boot script does.
    root: /^(.+)\/releases\/[^/]+\/[^/]+$/.exec(boot ?? '')?.[1] ?? root,
    args,
    ...(distribution === undefined ? {} : { distribution }),
    ...(boot === undefined ? {} : { boot }),
  };
}

function distributionOf(value: (flag: string) => string | undefined): Vm['distribution'] {
  for (const flag of ['-sname', '-name'] as const) {
    const node = value(flag);
    if (node !== undefined) {
      return { flag, node };
    }
  }
  return undefined;
}

// `bin/APP remote`, `rpc`, `eval` and relx's nodetool, an escript, start VMs of their own beside the one that serves, and so does
// hot-deploy.
function isTool(vm: Vm): boolean {
  return (
    vm.args.includes('-remsh') ||
    vm.args.includes('--rpc-eval') ||
    vm.args.some((arg, at) => arg === '-run' && vm.args[at + 1] === 'escript') ||
    /(^|\/)start_clean$/.test(vm.boot ?? '')
  );
}
