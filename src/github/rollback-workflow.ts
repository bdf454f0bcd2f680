import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GithubRun } from './run.js';

/** The page on which a rollback can be started, where the repository has a workflow for it that somebody can start. */
export async function rollbackWorkflow(run: GithubRun, folder: string): Promise<string | undefined> {
  const workflows = join(folder, '.github', 'workflows');
  const names = (await readdir(workflows).catch(() => [])).filter((name) => /^[\w.-]+\.ya?ml$/.test(name)).sort();
  for (const name of names) {
    const text = await readFile(join(workflows, name), 'utf8').catch(() => '');
    if (/^\s*workflow_dispatch\b/m.test(text) && /^\s*mode:\s*['"]?rollback\b/m.test(text)) {
      return `${run.serverUrl}/${run.owner}/${run.repository}/actions/workflows/${name}`;
    }
  }
  return undefined;
}
