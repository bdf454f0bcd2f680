import { optionsInWords, strategyOptions } from '../reasons/strategies.js';
import { from, imageReference } from './from.js';
import { assignment, duration, flag, type Kind, lines, oneOf, script, secret, text, wholeNumber } from './kind.js';
import type { Option } from './option.js';
import { probeChoice } from './probe.js';
import { selector } from './selector.js';
import { words } from './words.js';

const path = text('a path');
const buildArgument = assignment('`KEY=VALUE`, or `KEY` to take the value from the environment', /^[A-Za-z_]\w*(=|$)/);
const variable = assignment('`KEY=VALUE`', /^[A-Za-z_]\w*=/);
const nodeName = text('`NAME` or `NAME@HOST`', /^[\w-]+(@[\w.:-]+)?$/);

export const options = {
  mode: {
    kind: oneOf('auto', 'deploy', 'plan', 'rehearse', 'rollback', 'script', 'status', 'uninstall'),
    default: 'auto',
    description:
      '`auto` plans on a pull request and in a merge queue, rolls back if `to` is set, and deploys otherwise. `plan` decides and changes no container. `rehearse` tries the upgrade on a throw-away container only. `script` writes `hot-deploy.sh` and changes no container. `status` compares each container with its image. `uninstall` lists and removes what hot-deploy has left on the engine for `environment` and `containers`: locks, kept and throw-away containers, journals; with `dry-run` it only lists. On the command line the mode is the first word.',
  },
  containers: {
    kind: lines(selector),
    otherwise: 'required unless `from` is set',
    description: 'The containers to deploy to.',
  },
  nodes: {
    kind: oneOf('containers', 'cluster'),
    default: 'containers',
    description:
      'The nodes to deploy to: those in `containers`, or `cluster`, all nodes that are connected to them, too, wherever these run. A node that runs in none of the containers is reached through the first one and loaded hot. It cannot be restarted: if it has to be, nothing begins.',
  },
  from: {
    kind: from,
    otherwise: 'the running containers; on GitHub, without `containers`, `last-deployment`',
    description:
      '`plan` and `rehearse` compare with this instead of `containers`. `last-deployment` is the last deployment to `environment` on GitHub (`permissions: deployments: read`), or the base branch if there is none. `base-branch` is the commit into which the pull request will be merged. hot-deploy takes the image of a commit from the engine or its registry if the name or the label `org.opencontainers.image.revision` says that it is of that commit. Otherwise it builds the image.',
  },
  image: {
    kind: imageReference,
    otherwise: 'repository and commit: `owner/name:sha`; for `status` the image of each container',
    description:
      'The image to build and deploy. With `build: false`, an image that the engine has. `status` compares with it.',
  },
  build: {
    kind: flag,
    default: 'true',
    onCommandLine: 'false',
    description: 'Builds the image first. The command line builds only with `--build`.',
  },
  context: {
    kind: path,
    default: '.',
    description: 'The folder to build from. Your own appups are in its `rel/appups`.',
  },
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
      'The target of a rollback: `previous` for the version before, a version or a commit that the containers ran, or an image of the engine.',
  },
  strategy: {
    kind: oneOf('auto', ...strategyOptions),
    default: 'auto',
    description: `\`auto\` loads hot if every check passes, and restarts otherwise. ${optionsInWords}`,
  },
  'hot-up-to': {
    kind: oneOf('patch', 'minor', 'major'),
    default: 'major',
    description: 'The largest step of the semantic version to load hot. A larger step needs a restart.',
  },
  'release-command': {
    kind: words,
    description:
      'A command that runs once for each deploy, before the first container changes, such as the migrations of the database. It runs in a container of the new image, with the environment, mounts and networks of the first container. If it fails, hot-deploy refuses the deploy. It runs before a hot load and before a restart. It never runs for `plan`, `rehearse`, `rollback`, `status` or `dry-run`.',
  },
  'release-command-timeout': {
    kind: duration(1_000, 3_600_000),
    default: '10m',
    description:
      'The time limit of the release command. After it, hot-deploy stops the command and refuses the deploy.',
  },
  rehearse: {
    kind: oneOf('auto', 'always', 'never'),
    default: 'auto',
    description:
      'Tries a hot upgrade on a throw-away container first and compares the result with a cold boot. If the release cannot boot on its own, `auto` goes on and says so, and `always` refuses.',
  },
  'rehearse-command': {
    kind: script,
    description:
      'A shell command, such as a smoke test, that runs in the throw-away container during the upgrade. If it fails, the rehearsal fails.',
  },
  'rehearse-env': {
    kind: lines(variable),
    description:
      'Environment variables of the throw-away containers, such as the address of a test database. They override the environment of the container.',
  },
  'rehearse-network': {
    kind: text('the name of a Docker network', /^[a-zA-Z0-9][\w.-]*$/),
    otherwise: 'no network',
    description:
      'An internal Docker network with the services that the release needs to boot. hot-deploy refuses a network that leads outside or to the containers.',
  },
  probe: {
    kind: probeChoice,
    otherwise: "the image's `HEALTHCHECK`",
    description:
      "The address or the command that hot-deploy asks to measure the deploy. It must answer before and after a deploy. `{container}` is the address of each container's published port. A line of `containers` may have its own probe. `none` asks nothing.",
  },
  'probe-interval': {
    kind: duration(1),
    otherwise: '`10ms` for `http` and `tcp`, `1s` otherwise',
    description: 'The time between two requests of the probe. At most ten are under way, so a slow service gets fewer.',
  },
  'max-parallel': {
    kind: wholeNumber(1),
    default: '4',
    description: 'How many containers load hot at a time after the canary.',
  },
  'max-unavailable': {
    kind: wholeNumber(1),
    default: '1',
    description: 'How many containers may be down at once during restarts.',
  },
  canary: {
    kind: wholeNumber(0),
    default: '1',
    description: 'How many containers go first. The others follow if these succeed.',
  },
  soak: {
    kind: duration(0),
    default: '10s',
    description:
      'How long hot-deploy watches the new version before it is final, after a hot load and after a restart.',
  },
  'health-timeout': {
    kind: duration(1),
    default: '120s',
    description: 'How long a new container may take to become healthy, answer the probe, and say what it runs.',
  },
  drain: {
    kind: duration(0),
    default: '30s',
    description: 'How long hot-deploy waits for processes in old code to leave it.',
  },
  lingering: {
    kind: oneOf('keep', 'kill', 'restart'),
    default: 'keep',
    description:
      'The action for processes that are still in old code after `drain`: `keep` leaves them, `kill` ends them, `restart` restarts the container.',
  },
  'suspend-timeout': {
    kind: duration(1),
    default: '1s',
    description: 'How long a process may stay suspended during the switch.',
  },
  'on-failure': {
    kind: oneOf('rollback', 'restart', 'stop'),
    default: 'rollback',
    description:
      'The action if the deploy fails in the middle: `rollback` returns to the old version, `restart` restarts on the new one, `stop` leaves everything as it is.',
  },
  'fail-on': {
    kind: oneOf('nothing', 'restart'),
    default: 'nothing',
    description: 'With `restart`, a plan that needs a restart fails, as a check on the pull request.',
  },
  keep: {
    kind: wholeNumber(0),
    default: '3',
    description:
      'How many earlier versions stay for a rollback: after a restart the previous container, stopped, as `NAME.hot-deploy-previous-ID`; after a hot load the older release inside the container. hot-deploy does not keep containers of Compose or containers with `--rm`.',
  },
  'node-name': {
    kind: nodeName,
    otherwise: 'read from the running VM',
    description: 'The Erlang node, if several run in a container.',
  },
  cookie: {
    kind: secret,
    otherwise: 'read from the running VM',
    description: 'The Erlang cookie, if hot-deploy cannot read it.',
  },
  environment: {
    kind: text('text on one line'),
    default: 'production',
    description:
      'The name of the environment. It names the lock: a second deploy to the same environment on the same engine waits.',
  },
  'lock-timeout': {
    kind: duration(0),
    default: '10m',
    description:
      'How long to wait for another deploy to the same environment. After it, hot-deploy refuses this deploy. `0` does not wait. Locks of dead runs expire after 15 s.',
  },
  report: {
    kind: path,
    otherwise:
      '`$RUNNER_TEMP/hot-deploy/report.json`; on the command line `.hot-deploy/report.json` if something changed',
    description: 'The file for the JSON report.',
  },
  'bundle-path': {
    kind: path,
    otherwise: '`$RUNNER_TEMP/hot-deploy`; on the command line `.hot-deploy` if something changes',
    description: 'The place for the relup bundle: a folder, or a file that ends with `.tar.gz`.',
  },
  'script-path': {
    kind: path,
    otherwise:
      '`$RUNNER_TEMP/hot-deploy/hot-deploy.sh`; on the command line `.hot-deploy/hot-deploy.sh` if something changes',
    description: 'The file for the bash script, which deploys with bash and the docker CLI only.',
  },
  'with-env': {
    kind: flag,
    default: 'false',
    description:
      "Writes the values of the containers' environment and of the build arguments to the script. Then only its owner may read it. Do not upload it as an artifact.",
  },
  'github-token': {
    kind: secret,
    otherwise: 'the token of the job; on the command line none',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the runner reads it.
    inAction: '${{ github.token }}',
    description:
      'The token for the comment on the pull request, for the deployment, and for commits of private repositories that a plan builds. Without it or its permissions the deploy is the same, and the job summary has the comment.',
  },
  comment: {
    kind: flag,
    default: 'true',
    description:
      'Comments on the pull request that brought the commit (`permissions: pull-requests: write`). Each environment has one comment, and each run updates it.',
  },
  deployment: {
    kind: flag,
    default: 'true',
    description:
      'Lists each deploy and rollback among the deployments of the repository (`permissions: deployments: write`). GitHub itself lists a job with an `environment`.',
  },
  'environment-url': {
    kind: text('an address that begins with `https://` or `http://`', /^https?:\/\/\S+$/),
    description: 'The address of the deployed service. The deployment links to it.',
  },
  'pull-request': {
    kind: wholeNumber(1),
    otherwise: 'the pull request of the commit',
    description: 'The number of the pull request to comment on.',
  },
  preview: {
    kind: flag,
    default: 'false',
    description: 'Also writes the comment as a page for a browser, next to the report.',
  },
  'dry-run': { kind: flag, default: 'false', description: 'Stops before the first change.' },
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
