import * as core from '@actions/core';
import { withGithub } from './commands/with-github.js';
import { actionInputs } from './config/action-inputs.js';
import { connectEngine } from './engines/connect.js';
import { annotations } from './github/annotations.js';
import { exitCode, whyItFails } from './report/exit-code.js';
import { withTail } from './report/log-tail.js';
import { publish, publishError } from './report/publish.js';
import { runnerLog } from './report/runner-log.js';
import { verdict } from './report/verdict.js';
import { readAsked } from './source/run-commit.js';
import { cancellation } from './system/cancellation.js';
import { systemClock } from './system/log.js';
import { secrets } from './system/secrets.js';

const signal = cancellation();
secrets.tell(core.setSecret);

try {
  const log = withTail(runnerLog(systemClock));
  const { inputs, environment } = await readAsked(actionInputs(process.env), process.env);
  const connect = () => connectEngine(environment);
  const { report, github } = await withGithub(inputs, { log, clock: systemClock, connect, environment, signal });
  await publish(report, inputs, environment, log.tail());
  const beside = await annotations(report, inputs.context).catch(() => []);
  for (const { file, line: startLine, title, message } of beside) core.warning(message, { file, startLine, title });
  const unwritten = await github.end(report, log.tail());
  if (unwritten.length > 0) core.notice(unwritten.join(' '));
  const sentence = [verdict(report), report.message, whyItFails(report, inputs.failOn)].filter(Boolean).join(' ');
  if (exitCode(report, inputs.failOn) === 0) core.notice(sentence);
  else core.setFailed(sentence);
} catch (error) {
  await publishError(error, process.env);
}

// All is said and done; an exec that the engine does not end must not use up the runner's patience.
if (signal.aborted) process.exit();
