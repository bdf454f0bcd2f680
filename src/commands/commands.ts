import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { deploy } from './deploy.js';
import { rollback } from './rollback.js';
import { writeScriptOnly } from './script-file.js';
import { status } from './status.js';
import { uninstall } from './uninstall.js';

/** What each mode tells from its beginning to its end. */
const commands: Readonly<Record<Inputs['mode'], (inputs: Inputs, world: RunContext) => Promise<Report>>> = {
  deploy,
  plan: deploy,
  rehearse: deploy,
  rollback,
  script: writeScriptOnly,
  status,
  uninstall,
};

/** Does what was asked for. What cannot begin is refused with a reason, and changes nothing. */
export async function runCommand(inputs: Inputs, world: RunContext): Promise<Report> {
  const report = await commands[inputs.mode](inputs, world);
  return world.signal.aborted ? { ...report, cancelled: true } : report;
}
