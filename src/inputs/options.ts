import { from, imageReference } from './from.js';
import { duration, flag, type Kind, lines, oneOf, script, secret, text, wholeNumber } from './kind.js';
import type { Option } from './option.js';
import { probeChoice } from './probe.js';
import { selector } from './selector.js';
import { words } from './words.js';

const path = text('a path');
const buildArgument = text('`KEY=VALUE`, or `KEY` to take the value from the environment', /^[A-Za-z_]\w*(=|$)/);
const assignment = text('`KEY=VALUE`', /^[A-Za-z_]\w*=/);
const nodeName = text('`NAME` or `NAME@HOST`', /^[\w-]+(@[\w.:-]+)?$/);

export const options = {
  mode: {
    kind: oneOf('auto', 'deploy', 'plan', 'rehearse', 'rollback', 'script', 'status', 'uninstall'),
    default: 'auto',
    description:
      '`auto` plans on a pull request and in a merge queue, rolls back where `to` is given, and deploys on everything else. `rehearse` tries the upgrade on a throw-away container and touches nothing else. `script` writes `hot-deploy.sh` and touches nothing. `status` compares what runs with what the image says. `uninstall` lists what hot-deploy has left on the engine for `environment` and `containers`, and removes it: locks, kept and throw-away containers, journals; with `dry-run` it only lists. On the command line the mode is the first word.',
  },
  containers: {
    kind: lines(selector),
    otherwise: 'required unless `from` is set',
    description: 'What to deploy to.',
  },
  from: {
    kind: from,
    otherwise: 'what the containers run; on GitHub, without `containers`, `last-deployment`',
    description:
      "In place of `containers`: what `plan` and `rehearse` compare with. `last-deployment` is the last deployment to `environment` that GitHub has on record (`permissions: deployments: read`), or the base branch if there is none. `base-branch` is the commit that the pull request is to be merged into. A commit's image is taken from the engine or its registry if its name or its label `org.opencontainers.image.revision` says that it is of that commit, and built otherwise.",
  },
  image: {
    kind: imageReference,
    otherwise: "repository and commit: `owner/name:sha`; for `status` each container's own",
    description: 'The image to build, or with `build: false` an existing one. `status` compares with it.',
  },
  build: {
    kind: flag,
    default: 'true',
    onCommandLine: 'false',
    description: 'Whether to build the image first. The command line builds only with `--build`.',
  },
  context: { kind: path, default: '.', description: 'The folder to build from, and with the appups in `rel/appups`.' },
  dockerfile: { kind: path, otherwise: '`Dockerfile` in `context`', description: 'The Dockerfile.' },
  'build-args': { kind: lines(buildArgument), description: 'Build arguments.' },
  target: {
    kind: text('the name of a build stage', /^[a-zA-Z0-9][\w.-]*$/),
    otherwise: 'the last stage',
    description: 'The stage of the Dockerfile to build.',
  },
  to: {
    kind: text('`previous`, a version, a commit or an image', /^[a-zA-Z0-9][\w.:@/+~-]*$/),
    otherwise: '`previous` for `rollback`',
    description:
      'What a rollback goes back to: `previous` is the version before; or a version or a commit that the containers ran, or an image of the engine.',
  },
  strategy: {
    kind: oneOf('auto', 'relup', 'restart'),
    default: 'auto',
    description:
      '`auto` loads hot if every check passes, and restarts otherwise. `relup` refuses to restart. `restart` never loads hot.',
  },
  'hot-up-to': {
    kind: oneOf('patch', 'minor', 'major'),
    default: 'major',
    description: 'The largest step of the semantic version that may be loaded hot.',
  },
  'release-command': {
    kind: words,
    description:
      'A command that runs once a deploy, before the first container changes: database migrations, such as `bin/migrate`. It runs in a container of the new image with the environment, mounts and networks of the first container. If it fails, the deploy is refused. It runs before a hot load and before a restart, and never for `plan`, `rehearse`, `rollback`, `status` or `dry-run`.',
  },
  'release-command-timeout': {
    kind: duration(1_000, 3_600_000),
    default: '10m',
    description: 'How long the release command may take. Then it is stopped, and the deploy is refused.',
  },
  rehearse: {
    kind: oneOf('auto', 'always', 'never'),
    default: 'auto',
    description:
      'Whether to try a hot upgrade on a throw-away container first and compare it with a cold boot. If the release cannot boot on its own, `auto` goes on and says so, and `always` refuses.',
  },
  'rehearse-command': {
    kind: script,
    description:
      'A shell command that runs inside the throw-away container during the upgrade, such as a smoke test. If it fails, the rehearsal has failed.',
  },
  'rehearse-env': {
    kind: lines(assignment),
    description:
      'Environment of the throw-away containers, such as the address of a test database. It overrides the environment of the container.',
  },
  'rehearse-network': {
    kind: text('the name of a Docker network', /^[a-zA-Z0-9][\w.-]*$/),
    otherwise: 'none: they reach nothing',
    description:
      'An internal Docker network with what the release needs to boot. A network that leads outside or to the containers is refused.',
  },
  probe: {
    kind: probeChoice,
    otherwise: "the image's `HEALTHCHECK`",
    description:
      "What is measured and must answer: before the deploy, and after a hot load and a restart alike. `{container}` is the address of each container's published port. A line of `containers` may have a probe of its own. `none` asks nothing.",
  },
  'probe-interval': {
    kind: duration(1),
    otherwise: '`10ms` for `http` and `tcp`, `1s` otherwise',
    description: 'The time between two requests of the probe.',
  },
  'max-parallel': {
    kind: wholeNumber(1),
    default: '4',
    description: 'How many containers are loaded hot at a time after the canary.',
  },
  'max-unavailable': {
    kind: wholeNumber(1),
    default: '1',
    description: 'How many containers may be down at once while they are restarted.',
  },
  canary: {
    kind: wholeNumber(0),
    default: '1',
    description: 'How many containers go first, before the others are touched.',
  },
  soak: {
    kind: duration(0),
    default: '10s',
    description: 'How long the new version is watched before it is final, hot and by restart alike.',
  },
  'health-timeout': {
    kind: duration(1),
    default: '120s',
    description: 'How long a new container may take to become healthy, to answer the probe, and to say what it runs.',
  },
  drain: { kind: duration(0), default: '30s', description: 'How long processes in old code may take to finish.' },
  lingering: {
    kind: oneOf('keep', 'kill', 'restart'),
    default: 'keep',
    description:
      'What to do about processes that are still in old code after `drain`: keep them, kill them, or restart the container instead of loading hot.',
  },
  'suspend-timeout': {
    kind: duration(1),
    default: '1s',
    description: 'How long a process may be suspended during the switch.',
  },
  'on-failure': {
    kind: oneOf('rollback', 'restart', 'stop'),
    default: 'rollback',
    description:
      'What to do if the deploy fails half-way: go back to the old version, restart on the new one, or stop and leave everything as it is.',
  },
  'fail-on': {
    kind: oneOf('nothing', 'restart'),
    default: 'nothing',
    description: '`restart` makes a plan that needs a restart fail, as a check on the pull request.',
  },
  keep: {
    kind: wholeNumber(0),
    default: '3',
    description:
      'How many earlier versions stay for a rollback: after a restart the previous container, stopped, as `NAME.hot-deploy-previous-ID`; after a hot load the older release inside the container. Containers of Compose and those with `--rm` are not kept.',
  },
  'node-name': {
    kind: nodeName,
    otherwise: 'read from the running VM',
    description: 'The Erlang node, where several run in a container.',
  },
  cookie: {
    kind: secret,
    otherwise: 'read from the running VM',
    description: "The Erlang cookie, where it can't be detected.",
  },
  environment: {
    kind: text('text on one line'),
    default: 'production',
    description:
      'A name for what is deployed to. It names the lock: of two deploys to one environment on an engine the second waits.',
  },
  'lock-timeout': {
    kind: duration(0),
    default: '10m',
    description:
      'How long to wait for another deploy to the same environment before this one is refused. `0` does not wait. Locks of dead runs expire after 15 s.',
  },
  report: {
    kind: path,
    otherwise:
      '`$RUNNER_TEMP/hot-deploy/report.json`; on the command line `.hot-deploy/report.json`, written if something changed',
    description: 'Where to write the JSON report.',
  },
  'bundle-path': {
    kind: path,
    otherwise: '`$RUNNER_TEMP/hot-deploy`; on the command line `.hot-deploy`, written if something changes',
    description: 'Where to write the relup bundle: a folder, or a file that ends with `.tar.gz`.',
  },
  'script-path': {
    kind: path,
    otherwise:
      '`$RUNNER_TEMP/hot-deploy/hot-deploy.sh`; on the command line `.hot-deploy/hot-deploy.sh`, written if something changes',
    description: 'Where to write the bash script that deploys without GitHub, Node and this project.',
  },
  'with-env': {
    kind: flag,
    default: 'false',
    description:
      "Whether that script holds the values of the containers' environment and of build arguments. Then only its owner may read it, and it is no artifact to upload.",
  },
  'github-token': {
    kind: secret,
    otherwise: "the job's own; on the command line none",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the runner reads it.
    inAction: '${{ github.token }}',
    description:
      'For the comment on the pull request and the deployment. Without it or its permissions the deploy is the same, and the job summary holds the comment.',
  },
  comment: {
    kind: flag,
    default: 'true',
    description:
      'Whether to comment on the pull request that brought the commit (`permissions: pull-requests: write`). Each environment has one comment, which is kept up to date.',
  },
  deployment: {
    kind: flag,
    default: 'true',
    description:
      "Whether to list a deploy and a rollback among the repository's deployments (`permissions: deployments: write`). GitHub itself lists a job with an `environment`.",
  },
  'environment-url': {
    kind: text('an address that begins with `https://` or `http://`', /^https?:\/\/\S+$/),
    description: 'The address of the deployed service; the deployment links to it.',
  },
  'pull-request': {
    kind: wholeNumber(1),
    otherwise: 'found by the commit',
    description: 'The number of the pull request to comment on.',
  },
  preview: {
    kind: flag,
    default: 'false',
    description: 'Whether to write the comment also as a page for a browser, beside the report.',
  },
  'dry-run': { kind: flag, default: 'false', description: 'Do everything up to the first change.' },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof options;
/** The text of an option where it was given. */
export type Given = (name: OptionName) => string | undefined;

type Row<N extends OptionName> = (typeof options)[N];
type Parsed<N extends OptionName> = Row<N>['kind'] extends Kind<infer T> ? T : never;
/** Undefined only for an option that has no default. */
export type Value<N extends OptionName> = Row<N> extends { default: string } ? Parsed<N> : Parsed<N> | undefined;

export const optionNames = Object.keys(options) as readonly OptionName[];

/** The same rows, of one type. */
export const option = (name: OptionName): Option => options[name];

/** Fails with a UsageError on a text that is not allowed. */
export function readOption<N extends OptionName>(name: N, given: Given): Value<N> {
  // An empty input is what the runner passes for one that was left out.
  const text = given(name) || option(name).default;
  return (text === undefined ? undefined : option(name).kind.parse(text, name)) as Value<N>;
}
