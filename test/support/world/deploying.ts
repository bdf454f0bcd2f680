import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../src/commands/commands.js';
import { readInputs } from '../../../src/config/read-inputs.js';
import type { Report } from '../../../src/deployment/report.js';
import { connectEngine } from '../../../src/engines/connect.js';
import { type Log, systemClock } from '../../../src/system/log.js';
import { ownEnvironment } from './container.js';

export interface Deployed {
  readonly report: Report;
  /** Everything that was logged. */
  readonly log: string;
}

/**
 * Deploys as the command line would, with options given by their names; a short soak and drain where not given, and no
 * rehearsal: it would find what many tests want to see found later, by what stands behind it.
 */
export async function deployTo(
  containers: string | readonly string[],
  options: Readonly<Record<string, string>>,
): Promise<Deployed> {
  const lines: string[] = [];
  const log: Log = {
    info: (line) => void lines.push(line),
    output: (line) => void lines.push(line),
    warning: (line) => void lines.push(`warning: ${line}`),
    debug: (line) => void lines.push(line),
    group: async (title, work) => {
      lines.push(title);
      return await work();
    },
  };
  const folder = mkdtempSync(join(tmpdir(), 'hot-deploy-bundle-'));
  const given: Record<string, string> = {
    mode: 'deploy',
    environment: ownEnvironment,
    containers: [containers].flat().join('\n'),
    build: 'false',
    soak: '500ms',
    drain: '2s',
    rehearse: 'never',
    'bundle-path': folder,
    'script-path': join(folder, 'hot-deploy.sh'),
    ...options,
  };
  const environment = process.env;
  const inputs = readInputs((name) => given[name], environment);
  const report = await runCommand(inputs, {
    log,
    clock: systemClock,
    connect: () => connectEngine(environment),
    environment,
    signal: new AbortController().signal,
  });
  return { report, log: lines.join('\n') };
}
