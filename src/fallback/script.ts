import type { Inputs } from '../config/inputs.js';
import { type ContainerDetails, type ImageDetails, nameOf } from '../engines/details.js';
import { lockName } from '../journal/lock-labels.js';
import { search } from '../node/vm.js';
import { sharedConstants } from './constants.js';
import { type CreateCommand, createCommand } from './create-command.js';
import { parts } from './parts.js';
import { array, comment, quote } from './quote.js';
import { recoveryTable } from './recovery.js';

/** What a script is made for. */
export interface Fallback {
  readonly inputs: Pick<
    Inputs,
    | 'environment'
    | 'build'
    | 'context'
    | 'soakMs'
    | 'drainMs'
    | 'suspendTimeoutMs'
    | 'lockTimeoutMs'
    | 'nodeName'
    | 'keep'
    | 'releaseCommand'
  > & { readonly image: string };
  readonly containers: readonly {
    readonly container: ContainerDetails;
    readonly oldImage: ImageDetails;
    /** Files that compose has copied into the container before it was started. */
    readonly injected?: readonly string[];
  }[];
  /** Whether the values of variables may stand in it. */
  readonly withEnv: boolean;
}

/** `hot-deploy.sh`: the whole text. Without `withEnv` it holds no value of the containers' environment. */
export function script({ inputs, containers, withEnv }: Fallback): string {
  const names = containers.map(({ container }) => nameOf(container));
  return [
    head(withEnv),
    constants(inputs, names, withEnv),
    ...containers.map((one, at) => settings(at, one, { withEnv, inputs })),
    inside(),
    sharedConstants(),
    recoveryTable(),
    '',
    parts(),
  ].join('\n');
}

// What runs in a container's own shell.
function inside(): string {
  return `# --- what a shell inside a container is given ---

# Tells of each Erlang VM how it was started.
search_vms=$(
  cat <<'END'
${search.trim()}
END
)
`;
}

function head(withEnv: boolean): string {
  return `#!/usr/bin/env bash
# Deploys to the containers below with bash 4 and the docker CLI, and nothing else: for the day when whatever else
# deploys them is not there. Made by hot-deploy. Their settings are those of the moment when it was made. --help says
# more; it is to be read from top to bottom: after the settings comes \`main\`, with the story of each command.
${
  withEnv
    ? '# It holds the values of their environment: keep it to yourself, and run it with `bash hot-deploy.sh`.'
    : '# It holds no value of their environment: those are read from the containers that run.'
}
# shellcheck disable=SC1003,SC1110,SC1111,SC1112,SC2016,SC2088 # what stands in quotes below stands for itself
# shellcheck disable=SC2015 # A && B || C: C where one of them fails
set -Eeuo pipefail
set -m
export LC_ALL=C
if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 2))); then
  echo 'hot-deploy: this needs bash 4.2 or later' >&2
  exit 2
fi
# Before 4.4 an empty array counts as one that is not set.
((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[1] > 3)) || set +u
`;
}

function constants(inputs: Fallback['inputs'], names: readonly string[], withEnv: boolean): string {
  const { environment, image, build, context, soakMs, drainMs, suspendTimeoutMs, lockTimeoutMs, nodeName, keep } =
    inputs;
  // By name: everybody who lists processes sees a command line. Only what would change the client goes by its value.
  const given = (build?.args ?? []).map((argument) => ({ argument, whole: withEnv && forClients.test(argument) }));
  const options = [
    ...(build?.dockerfile === undefined ? [] : [`--file=${build.dockerfile}`]),
    ...(build?.target === undefined ? [] : [`--target=${build.target}`]),
    ...given.map(({ argument, whole }) => `--build-arg=${whole ? argument : argument.replace(/=.*$/s, '')}`),
  ];
  // What is given to a build may be a secret as well.
  const values = given.flatMap(({ argument, whole }) =>
    withEnv && !whole && argument.includes('=') ? [argument] : [],
  );
  const needs = given.flatMap(({ argument }) =>
    withEnv && argument.includes('=') ? [] : [argument.replace(/=.*$/s, '')],
  );
  const seconds = (ms: number) => String(Math.ceil(ms / 1_000));
  return `# --- what to deploy, and to what ---

environment=${quote(environment)}
lock=${quote(lockName(environment))}
${array('names', names)}
declare -A settings=(${names.map((name, at) => `["${plain(name)}"]=container_${at}`).join(' ')})
# The name that moves to the image after success.
reference=${quote(image)}
# Whether there is a way to build it; \`deploy --image\` leaves that out.
build_options_known=${build === undefined ? '' : 'yes'}
context=${quote(context)}
${array('build_options', options)}
# Build arguments: those that are exported to the client, and those that it has to be given.
${array('build_values', values)}
${array('build_needs', needs)}
# How many containers that ran before are kept of each, stopped.
keep_previous=${keep}
# Seconds, and milliseconds of the moment when processes are held.
health_timeout=120
soak=${seconds(soakMs)}
drain=${seconds(drainMs)}
suspend_ms=${suspendTimeoutMs}
# Seconds to wait for another deploy; --lock-timeout says otherwise.
lock_timeout=${seconds(lockTimeoutMs)}
node_name=${quote(nodeName?.split('@')[0] ?? '')}

run=$RANDOM$RANDOM$RANDOM-$$
[[ ! -r /proc/sys/kernel/random/uuid ]] || run=$(</proc/sys/kernel/random/uuid)
who="$(id -un 2>/dev/null || echo "user $EUID")@\${HOSTNAME:-unknown}, hot-deploy.sh"
dry='' again='' given_image='' bundle='' image_id='' chosen=()

# --- the containers' settings, without what their images bring ---
`;
}

/** What the docker CLI or its plug-in reads of its own environment. */
const forClients = /^(PATH|HOME|TMPDIR|LD_|SSL_CERT|SSH_AUTH_SOCK|BUILD(X|KIT)_|DOCKER_(HOST|CONTEXT|CONFIG|TLS|CERT))/;

/** A name as an engine gives it; in an index bash would read more than that. */
function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '');
}

function settings(
  at: number,
  { container, oldImage, injected = [] }: Fallback['containers'][number],
  { withEnv, inputs: { releaseCommand } }: Pick<Fallback, 'withEnv' | 'inputs'>,
) {
  const create = createCommand(container, oldImage);
  const name = nameOf(container);
  const unrun = releaseCommand && at === 0 ? ['release-command: this script does not run it, so run it first'] : [];
  const unsaidOf = [...create.unsaid, ...unrun];
  const unsaid = unsaidOf.map((what) => `# Not as it was: ${comment(what)}.\n`).join('');
  const lines = [
    ...profileFile(create),
    array('options', create.options),
    array('command', create.command),
    // Without values they are read from the container that runs.
    array('variables', withEnv ? [] : create.environment.map((entry) => entry.replace(/=.*$/s, ''))),
    array('with_values', withEnv ? create.environment : []),
    array(
      'connect',
      create.connect.flatMap((words) => [...words, '--']),
    ),
    array('disconnect', create.disconnect),
    array('lives_in', create.livesIn),
    array('injected', injected),
    array('unsaid', unsaidOf),
  ];
  const body = lines.join('\n').replace(/^/gm, '  ');
  return `# ${comment(name)}, made from ${comment(container.Config.Image)} (${container.Image})
${unsaid}container_${at}() {
${body}
}
`;
}

function profileFile({ seccomp }: CreateCommand): readonly string[] {
  return seccomp === undefined ? [] : [`printf '%s' ${quote(seccomp)} >"$work/seccomp.json"`];
}
