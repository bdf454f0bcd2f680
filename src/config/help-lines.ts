import type { Command } from './commands.js';
import type { OptionName } from './options.js';

export const groups = [
  'Containers',
  'Image',
  'Decision',
  'Rehearsal',
  'Roll-out',
  'Probe',
  'Rollback',
  'Files',
  'GitHub',
  'Access',
] as const;

interface HelpLine {
  readonly group: (typeof groups)[number];
  /** Commands that read it; absent: all. */
  readonly of?: readonly Command[];
  /** What stands for its value. */
  readonly value?: string;
  readonly says: string;
}

const planning: readonly Command[] = ['plan', 'deploy', 'rehearse'];
const building: readonly Command[] = [...planning, 'script'];
const changing: readonly Command[] = ['deploy', 'rollback'];
const deciding: readonly Command[] = [...planning, 'rollback'];

/** How `--help` shows each option: a line, under its group. docs/inputs.md describes it in full. */
export const helpLines: Readonly<Record<Exclude<OptionName, 'mode'>, HelpLine>> = {
  containers: {
    group: 'Containers',
    value: 'SELECTOR',
    says: 'a name, label:KEY=VALUE or compose:PROJECT/SERVICE; may be repeated',
  },
  from: {
    group: 'Containers',
    of: ['plan', 'rehearse'],
    value: 'IMAGE',
    says: 'compare with this image instead of containers',
  },
  nodes: { group: 'Containers', says: 'those in the containers, or of their whole cluster' },
  environment: { group: 'Containers', value: 'NAME', says: 'the name of the environment and of its lock' },
  image: { group: 'Image', of: [...building, 'status'], value: 'IMAGE', says: 'the image to deploy' },
  build: { group: 'Image', of: building, says: 'build it first, from --context' },
  context: {
    group: 'Image',
    of: building,
    value: 'FOLDER',
    says: 'the folder to build from; your own appups are in its rel/appups',
  },
  dockerfile: { group: 'Image', of: building, value: 'FILE', says: 'the Dockerfile' },
  'build-args': { group: 'Image', of: building, value: 'KEY=VALUE', says: 'a build argument; may be repeated' },
  target: { group: 'Image', of: building, value: 'STAGE', says: 'the stage to build' },
  strategy: { group: 'Decision', of: deciding, says: 'hot if safe, only hot, or never hot' },
  'hot-up-to': { group: 'Decision', of: planning, says: 'the largest version step to load hot' },
  'fail-on': { group: 'Decision', of: ['plan'], says: 'let a plan that needs a restart fail' },
  'dry-run': { group: 'Decision', of: [...changing, 'uninstall'], says: 'stop before the first change' },
  rehearse: { group: 'Rehearsal', of: deciding, says: 'try the upgrade on a throw-away container first' },
  'rehearse-command': { group: 'Rehearsal', of: deciding, value: 'COMMAND', says: 'a smoke test that runs in it' },
  'rehearse-env': { group: 'Rehearsal', of: deciding, value: 'KEY=VALUE', says: 'its environment; may be repeated' },
  'rehearse-network': {
    group: 'Rehearsal',
    of: deciding,
    value: 'NETWORK',
    says: 'an internal network with the services that it needs',
  },
  'release-command': {
    group: 'Roll-out',
    of: ['deploy'],
    value: 'COMMAND',
    says: 'run once before the first container changes',
  },
  'release-command-timeout': { group: 'Roll-out', of: ['deploy'], value: 'DURATION', says: 'how long it may take' },
  canary: { group: 'Roll-out', of: changing, value: 'N', says: 'containers that go first' },
  'max-parallel': {
    group: 'Roll-out',
    of: changing,
    value: 'N',
    says: 'containers that load hot at a time after that',
  },
  'max-unavailable': {
    group: 'Roll-out',
    of: changing,
    value: 'N',
    says: 'containers that may be down at once during restarts',
  },
  'health-timeout': {
    group: 'Roll-out',
    of: changing,
    value: 'DURATION',
    says: 'how long a new container may take to become healthy',
  },
  soak: { group: 'Roll-out', of: changing, value: 'DURATION', says: 'how long to watch the new version' },
  drain: { group: 'Roll-out', of: changing, value: 'DURATION', says: 'how long to wait for processes in old code' },
  lingering: { group: 'Roll-out', of: deciding, says: 'what happens to processes still in old code' },
  'suspend-timeout': {
    group: 'Roll-out',
    of: changing,
    value: 'DURATION',
    says: 'how long a process may stay suspended',
  },
  'on-failure': { group: 'Roll-out', of: changing, says: 'what to do if the deploy fails in the middle' },
  keep: { group: 'Roll-out', of: changing, value: 'N', says: 'earlier versions that stay for a rollback' },
  'lock-timeout': { group: 'Roll-out', of: changing, value: 'DURATION', says: 'how long to wait for another deploy' },
  probe: {
    group: 'Probe',
    of: deciding,
    value: 'PROBE',
    says: 'http://{container}:PORT/PATH, tcp://{container}:PORT, exec:COMMAND, docker or none',
  },
  'probe-interval': { group: 'Probe', of: changing, value: 'DURATION', says: 'the time between two requests' },
  to: { group: 'Rollback', of: ['rollback'], value: 'VERSION', says: 'a version, a commit or an image' },
  report: { group: 'Files', value: 'FILE', says: 'the report as JSON' },
  'bundle-path': { group: 'Files', of: planning, value: 'PATH', says: 'the relup bundle' },
  'script-path': { group: 'Files', of: ['deploy', 'script'], value: 'FILE', says: 'the bash script' },
  'with-env': { group: 'Files', of: ['deploy', 'script'], says: 'write the values of environments to the script' },
  preview: { group: 'Files', says: 'also write the report as a page for a browser' },
  'github-token': { group: 'GitHub', value: 'TOKEN', says: 'for the comment and the deployment' },
  comment: { group: 'GitHub', says: 'write the comment on the pull request' },
  deployment: { group: 'GitHub', of: changing, says: "list it among the repository's deployments" },
  'environment-url': { group: 'GitHub', of: changing, value: 'URL', says: 'the address of the deployed service' },
  'pull-request': { group: 'GitHub', value: 'NUMBER', says: 'the pull request to comment on' },
  'node-name': { group: 'Access', value: 'NAME', says: 'the Erlang node, if several run in a container' },
  cookie: { group: 'Access', value: 'COOKIE', says: 'the Erlang cookie, if hot-deploy cannot read it' },
};
