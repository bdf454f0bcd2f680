import { styleText } from 'node:util';
import { spell } from '../system/duration.js';
import type { Clock, Log } from '../system/log.js';
import { foreign, harmless, plain } from '../system/quoted.js';
import { secrets } from '../system/secrets.js';

/** What the log needs of a stream such as `process.stderr`. */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface TerminalLog extends Log {
  /** `text` without secrets, and without what would be a command where a step of a job runs this: its runner reads both outputs. */
  shown(text: string): string;
}

interface Options {
  readonly clock: Clock;
  readonly debug: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

type Style = Parameters<typeof styleText>[0];

/** Progress on a terminal, or in a file without colours. */
export function terminalLog(terminal: Terminal, { clock, debug, environment }: Options): TerminalLog {
  // https://no-color.org
  const coloured = terminal.isTTY === true && !environment['NO_COLOR'];
  const shown = (text: string) => {
    const masked = secrets.masked(text);
    return environment['GITHUB_ACTIONS'] === 'true' ? harmless(masked) : masked;
  };
  const print = (text: string, style: Style) => {
    const line = shown(plain(text));
    terminal.write(`${coloured ? styleText(style, line, { validateStream: false }) : line}\n`);
  };
  return {
    info: (line) => print(line, 'reset'),
    output: (line) => print(foreign(line), 'reset'),
    warning: (line) => print(`warning: ${line}`, 'yellow'),
    debug: (line) => debug && print(line, 'dim'),
    async group(title, work) {
      print(title, 'bold');
      const since = clock.now();
      const result = await work();
      print(`${title}: ${spell(clock.now() - since)}`, 'green');
      return result;
    },
    shown,
  };
}
