import type { Engine } from '../../engines/engine.js';
import { messageOf } from '../../system/message-of.js';
import { quoted } from '../../system/quoted.js';

/** Why a command failed, with the end of what it said; undefined where it did not. */
export type CommandResult = string | undefined;

const patienceMs = 300_000;
const lastCharacters = 500;

/** Runs the team's own command in a container, as the user whom the VM runs as. */
export async function runCommand(
  engine: Engine,
  container: string,
  user: string,
  command: string,
): Promise<CommandResult> {
  try {
    const { exitCode, stdout, stderr } = await engine.exec(container, {
      argv: ['sh', '-c', command],
      user,
      timeoutMs: patienceMs,
      last: 4 * lastCharacters,
    });
    const said = `${stdout.toString('utf8')}${stderr.toString('utf8')}`.trim();
    return exitCode === 0
      ? undefined
      : `exit code ${exitCode}${said === '' ? '' : `: ${quoted(said, lastCharacters)}`}`;
  } catch (error) {
    return messageOf(error);
  }
}
