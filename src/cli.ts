#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' };
import { withGithub } from './commands/with-github.js';
import { debugWord, readCommandLine } from './config/command-line.js';
import { help } from './config/help.js';
import { ownFolder } from './config/inputs.js';
import { UsageError } from './config/usage-error.js';
import { connectEngine } from './engines/connect.js';
import { asJson } from './report/as-json.js';
import { explain } from './report/cause.js';
import { hasChanged } from './report/changed.js';
import { exitCode, whyItFails } from './report/exit-code.js';
import { withTail } from './report/log-tail.js';
import { renderTerminal } from './report/terminal.js';
import { terminalLog } from './report/terminal-log.js';
import { keepFromGit, writePreview, writeReport } from './report/write.js';
import { readAsked } from './source/run-commit.js';
import { cancellation } from './system/cancellation.js';
import { systemClock } from './system/log.js';

const words = process.argv.slice(2);
const signal = cancellation();
const options = { clock: systemClock, debug: words.includes(debugWord), environment: process.env };
const log = withTail(terminalLog(process.stderr, options));

/** Runs one command and answers the exit code. Progress goes to stderr, so that stdout holds the result alone. */
async function main(): Promise<number> {
  const command = readCommandLine(words);
  if (command.kind !== 'run') {
    process.stdout.write(command.kind === 'help' ? help(command.command) : `${manifest.version}\n`);
    return 0;
  }
  const { inputs, environment } = await readAsked(command, process.env);
  const connect = () => connectEngine(environment);
  const { report, github } = await withGithub(inputs, { log, clock: systemClock, connect, environment, signal });
  // A report that can't be written changes nothing about what was deployed.
  if (hasChanged(report) || !inputs.unnamed.has('report')) {
    await writeReport(report, inputs.reportPath).catch((error) => log.warning(explain(error)));
  }
  if (inputs.preview) {
    await writePreview(report, log.tail(), inputs.reportPath).then(
      (path) => log.info(`preview: ${path}`),
      (error: unknown) => log.warning(explain(error)),
    );
  }
  await keepFromGit(ownFolder);
  for (const unwritten of await github.end(report, log.tail())) log.warning(unwritten);
  process.stdout.write(command.json ? asJson(report) : log.shown(renderTerminal(report)));
  const why = whyItFails(report, inputs.failOn);
  if (why !== undefined) log.warning(why);
  return exitCode(report, inputs.failOn);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(log.shown(`hot-deploy: ${explain(error)}\n`));
  process.exitCode = error instanceof UsageError ? 2 : 4;
}

// All is said and done; an exec that the engine does not end must not use up the runner's patience.
if (signal.aborted) process.exit();
