/** What one client says on one connection, and whether each reply is the one it was owed. */
export interface Conversation {
  /** The next line to send. `due` comes back with its reply. */
  say(due: number): string;
  hear(line: string): Reply;
  /** Commands whose replies are still owed, the oldest first, as when they were due. */
  owed(): readonly number[];
}

export interface Reply {
  readonly fault?: Fault;
  /** Absent when the reply fits nothing that was asked. */
  readonly due?: number;
  readonly version?: string;
}

/**
 * `out-of-order`: it was owed to a later command, or to none. `counter-broken`: the server's count of this connection's
 * commands jumped. `value-lost`: what was put is not what is got. `refused`: the server said something else.
 */
export type Fault = 'out-of-order' | 'counter-broken' | 'value-lost' | 'refused';

type Command =
  | { readonly kind: 'ping'; readonly due: number; count: number }
  | { readonly kind: 'put'; readonly due: number }
  | { readonly kind: 'get'; readonly due: number; readonly value: string };

/** One value is put at first and then now and then, and got in between: an upgrade happens between put and get. */
const PUT_EVERY = 50;
const GET_EVERY = 10;

const replies = { ping: /^PONG (?<version>\S+) (?<count>\d+)$/, put: /^OK$/, get: /^(kept-\d+|NIL)$/ };

export function converse(key: string): Conversation {
  let owed: Command[] = [];
  let said = 0;
  let value = '';
  let shift = 0;

  const expectFrom = (jumped: number) => {
    shift += jumped;
    for (const command of owed) if (command.kind === 'ping') command.count += jumped;
  };

  const next = (due: number): [Command, string] => {
    said += 1;
    if (said % PUT_EVERY === 1) {
      value = `kept-${said}`;
      return [{ kind: 'put', due }, `PUT ${key} ${value}`];
    }
    if (said % GET_EVERY === 0) return [{ kind: 'get', due, value }, `GET ${key}`];
    return [{ kind: 'ping', due, count: said + shift }, 'PING'];
  };

  const settle = (command: Command, line: string, late: boolean): Reply => {
    owed = owed.filter((other) => other !== command);
    const { due } = command;
    if (late) return { due, fault: 'out-of-order', ...versionIn(line) };
    if (command.kind === 'get' && command.value !== line) return { due, fault: 'value-lost' };
    if (command.kind !== 'ping') return { due };
    const jumped = countIn(line) - command.count;
    // Counted once: from here on the server is expected to go on from where it is now.
    if (jumped !== 0) expectFrom(jumped);
    return { due, ...versionIn(line), ...(jumped === 0 ? {} : { fault: 'counter-broken' as const }) };
  };

  return {
    say(due) {
      const [command, line] = next(due);
      owed.push(command);
      return line;
    },

    hear(line) {
      const [oldest] = owed;
      if (oldest === undefined) return { fault: 'out-of-order' };
      const meant = owed.find((command) => command.kind === 'ping' && command.count === countIn(line));
      if (meant !== undefined) return settle(meant, line, meant !== oldest);
      if (replies[oldest.kind].test(line)) return settle(oldest, line, false);
      const fitting = owed.find(({ kind }) => replies[kind].test(line));
      if (fitting !== undefined) return settle(fitting, line, true);
      owed = owed.slice(1);
      return { due: oldest.due, fault: 'refused' };
    },

    owed: () => owed.map(({ due }) => due),
  };
}

function countIn(line: string): number {
  return Number(replies.ping.exec(line)?.groups?.['count'] ?? Number.NaN);
}

function versionIn(line: string): { version?: string } {
  const version = replies.ping.exec(line)?.groups?.['version'];
  return version === undefined ? {} : { version };
}
