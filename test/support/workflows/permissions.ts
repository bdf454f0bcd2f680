import type { Trouble } from '../github/server.js';
import type { Workflow } from './workflow.js';

type Level = 'read' | 'write';

/** By operation: any of these will do. https://docs.github.com/rest/authentication/permissions-required-for-github-apps */
const takes: Readonly<Record<string, readonly (readonly [scope: string, level: Level])[]>> = {
  'repos/list-pull-requests-associated-with-commit': [['pull-requests', 'read']],
  'repos/get-commit': [['contents', 'read']],
  'pulls/get': [['pull-requests', 'read']],
  'issues/list-comments': [
    ['issues', 'read'],
    ['pull-requests', 'read'],
  ],
  'issues/create-comment': [
    ['issues', 'write'],
    ['pull-requests', 'write'],
  ],
  'issues/update-comment': [
    ['issues', 'write'],
    ['pull-requests', 'write'],
  ],
  'issues/delete-comment': [
    ['issues', 'write'],
    ['pull-requests', 'write'],
  ],
  'actions/get-workflow-run': [['actions', 'read']],
  'repos/list-deployments': [['deployments', 'read']],
  'repos/create-deployment': [['deployments', 'write']],
  'repos/list-deployment-statuses': [['deployments', 'read']],
  'repos/create-deployment-status': [['deployments', 'write']],
  // A job's token is nobody's.
  'users/get-authenticated': [],
};

/**
 * GitHub's answer to a job that asks for more than its workflow permits.
 *
 * @param isForFork where nothing may be written, whatever the workflow permits
 */
export function onlyWhatIsPermitted({ permissions, jobs }: Workflow, isForFork = false): Trouble {
  const own = Object.values(jobs).find(({ steps = [] }) => steps.some(({ uses = '' }) => /hot-deploy@/.test(uses)));
  const given = own?.permissions ?? permissions ?? {};
  return ({ operation }) => {
    // The server has its own answer to what is none of GitHub's.
    if (operation === '') return undefined;
    const suffices = takes[operation]?.some(([scope, level]) => mayDo(given[scope], level, isForFork));
    return suffices ? undefined : { status: 403, body: { message: 'Resource not accessible by integration' } };
  };
}

const mayDo = (given: string | undefined, asked: Level, isForFork: boolean) =>
  asked === 'read' ? given === 'read' || given === 'write' : given === 'write' && !isForFork;
