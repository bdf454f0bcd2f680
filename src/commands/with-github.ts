import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { type GithubReporting, openGithub } from '../github/github-reporting.js';
import { reasonCodes } from '../reasons/codes.js';
import { exitCodes } from '../report/exit-code.js';
import { secrets } from '../system/secrets.js';
import { runCommand } from './commands.js';

/** Does what was asked for, with GitHub at hand: it is told of the beginning, and of the end where there is no report of one. */
export async function withGithub(
  inputs: Inputs,
  world: RunContext,
): Promise<{ readonly report: Report; readonly github: GithubReporting }> {
  knowSecrets(inputs, world.environment);
  const github = await openGithub(inputs, world);
  const { deployments } = github;
  try {
    const report = await runCommand(inputs, { ...world, ...(deployments && { deployments }) });
    return { report: secrets.maskedIn(report), github };
  } catch (error) {
    await github.breakOff();
    throw error;
  }
}

/** What the run was given that nobody is to read; before that, what everybody may. */
function knowSecrets(inputs: Inputs, environment: NodeJS.ProcessEnv): void {
  const { image, environment: name, containers, cookie, githubToken, rehearseEnv, build } = inputs;
  secrets.publish(name, image, environment['GITHUB_REPOSITORY']);
  secrets.publish(...containers.flatMap(({ probe: _, ...selector }) => Object.values(selector)));
  secrets.publish(...Object.keys(exitCodes), ...Object.keys(reasonCodes), 'relup recreate none rollback script');
  for (const secret of [cookie, githubToken]) if (secret) secrets.add(secret);
  secrets.learn(Object.entries(environment).map(([key, value]) => `${key}=${value}`));
  secrets.learn(build?.args ?? []);
  secrets.learn(rehearseEnv, 'all');
}
