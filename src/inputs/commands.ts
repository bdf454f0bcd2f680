/** The first word on the command line, and what it does in a line. */
export const explained = {
  plan: 'decide between hot and restart, say why, and change nothing',
  deploy: 'decide, deploy, prove and report',
  rollback: 'go back to what ran before, or to what --to names',
  status: 'compare what runs with what its image says',
  rehearse: 'try the upgrade on a throw-away container, and change nothing else',
  uninstall: 'list what hot-deploy has left on the engine, and remove it; --dry-run only lists',
  script: 'write hot-deploy.sh, which deploys with bash and the docker CLI alone',
} as const;

export type Command = keyof typeof explained;

export const commands = Object.keys(explained) as readonly Command[];
