import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { GithubRun } from '../source/run.js';
import { isBelow, readPlainFile } from '../system/plain-file.js';

/** As a key, in a list, or beside `on`. */
const startedByHand = /^\s*(?:-\s*)?['"]?workflow_dispatch\b|^['"]?on['"]?\s*:.*\bworkflow_dispatch\b/m;
const goesBack = /^\s*mode:\s*['"]?rollback\b/m;
/** GitHub's own limit for a workflow is half of it. */
const mostBytes = 1024 * 1024;

/**
 * The page on which a rollback can be started, where the repository has a workflow for it that somebody can start.
 *
 * @param folder somewhere in the repository: its workflows lie at its top, which is that of the job's or below
 */
export async function rollbackWorkflow(run: GithubRun, folder: string): Promise<string | undefined> {
  for (const each of upFrom(resolve(folder), run.workspace)) {
    const workflows = join(each, '.github', 'workflows');
    const names = (await readdir(workflows).catch(() => [])).filter((name) => /^[\w.-]+\.ya?ml$/.test(name)).sort();
    for (const name of names) {
      const text = await readPlainFile(join(workflows, name), mostBytes, each).then(String, () => '');
      if (startedByHand.test(text) && goesBack.test(text)) {
        return `${run.serverUrl}/${run.owner}/${run.repository}/actions/workflows/${name}`;
      }
    }
  }
  return undefined;
}

/** The folder and those that it lies in, up to the job's own, which comes first. */
function upFrom(folder: string, workspace: string | undefined): readonly string[] {
  const isAbove = workspace !== undefined && isBelow(workspace, folder);
  return isAbove && folder !== resolve(workspace) ? [...upFrom(dirname(folder), workspace), folder] : [folder];
}
