import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/** Which process something belongs to, as far as that can be known; written into labels, so that others can look. */
export interface Holder {
  /** Who, for people: the run's page, or user and host. */
  readonly by: string;
  /** The machine, until it boots again. */
  readonly host?: string;
  /** The namespace that the pid counts in. */
  readonly pidns?: string;
  readonly pid?: number;
  /** When the process began, in clock ticks since the machine booted: a pid alone is given away again. */
  readonly startTicks?: number;
}

/** This process. Where there is no /proc, as on macOS, nobody else can tell whether it lives. */
export function thisHolder(by: string): Holder {
  const stat = statOf('self');
  // Of a /proc that shows another namespace than this process lives in, no number means anything here.
  if (stat?.pid !== process.pid) {
    return { by, pid: process.pid };
  }
  const [host, pidns] = [
    known(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    known(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return { by, ...(host && { host }), ...(pidns && { pidns }), pid: stat.pid, startTicks: stat.startTicks };
}

/** `user@host`, for a run that nobody can look up elsewhere. */
export function userAtHost(): string {
  // A user that only has a number has no name to ask for.
  const user = known(() => userInfo().username) ?? `user ${process.getuid?.() ?? 'unknown'}`;
  return `${user}@${hostname()}`;
}

/** `unknown` wherever it cannot be proved from here: on another machine, in another namespace, or before a reboot. */
export type Fate = 'gone' | 'alive' | 'unknown';

export function fateOf({ host, pidns, pid, startTicks }: Holder): Fate {
  const here = thisHolder('');
  const near = host !== undefined && pidns !== undefined && host === here.host && pidns === here.pidns;
  if (!near || pid === undefined || startTicks === undefined) {
    return 'unknown';
  }
  if (!exists(pid)) {
    return 'gone';
  }
  const stat = statOf(pid);
  if (stat === undefined) {
    return 'unknown';
  }
  // One that has ended and whose parent has not asked after it yet is still listed.
  return stat.startTicks === startTicks && !['Z', 'X'].includes(stat.state) ? 'alive' : 'gone';
}

/** Only where it is proved: on this machine, in this namespace, there is no such process any more. */
export function isGone(holder: Holder): boolean {
  return fateOf(holder) === 'gone';
}

/** Asked of the kernel, since /proc may be mounted so that it hides what belongs to others. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

interface Stat {
  readonly pid: number;
  readonly state: string;
  readonly startTicks: number;
}

function statOf(pid: number | 'self'): Stat | undefined {
  const text = known(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return text === undefined ? undefined : readStat(text);
}

/** Pure: a line of proc(5). The command in it may hold spaces and brackets of its own. */
export function readStat(text: string): Stat | undefined {
  // The third field and those after it.
  const [state, ...rest] = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const [pid, startTicks] = [Number.parseInt(text, 10), Number(rest[18] ?? 'none')];
  return state && Number.isInteger(pid) && Number.isInteger(startTicks) ? { pid, state, startTicks } : undefined;
}

/** Undefined where this machine does not say. */
function known<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
