/** The first word on the command line, and what it does in a line. */
export const explained = {
  plan: 'decide between hot and restart, say why, and change nothing',
  deploy: 'decide, deploy, check the result and report',
  rollback: 'return to the previous version, or to the one that --to names',
  status: 'compare each container with its image',
  rehearse: 'try the upgrade on a throw-away container, and change nothing else',
  uninstall: 'list and remove what hot-deploy has left on the engine; --dry-run only lists',
  script: 'write hot-deploy.sh, which deploys with bash and the docker CLI only',
} as const;

export type Command = keyof typeof explained;

export const commands = Object.keys(explained) as readonly Command[];
