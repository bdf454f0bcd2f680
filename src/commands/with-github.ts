import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { type GithubReporting, openGithub } from '../github/github-reporting.js';
import { runCommand } from './commands.js';

/** Does what was asked for, with GitHub at hand: it is told of the beginning, and of the end where there is no report of one. */
export async function withGithub(
  inputs: Inputs,
  world: RunContext,
): Promise<{ readonly report: Report; readonly github: GithubReporting }> {
  for (const secret of [inputs.cookie, inputs.githubToken]) if (secret) world.log.mask(secret);
  const github = await openGithub(inputs, world);
  const { deployments } = github;
  try {
    return { report: await runCommand(inputs, { ...world, ...(deployments && { deployments }) }), github };
  } catch (error) {
    await github.breakOff();
    throw error;
  }
}
