import type { ImageDetails } from '../engines/details.js';
import type { ContainerSpec } from '../engines/engine.js';
import { holderLabel, lockLabel, runLabel } from '../engines/throw-away.js';
import { sha256 } from '../release/archive.js';
import type { Holder } from './holder.js';
import type { Run } from './run.js';

/** Who holds a lock, as its container says. */
export interface Locked {
  /** A run's id. */
  readonly run: string;
  readonly holder: Holder;
  /** ISO 8601, by the holder's clock: for people only. */
  readonly since: string;
}

// With the prefix and the digest still shorter than a name of the file systems that a name may end up in.
const longest = 128;

/** The name that only one container can have: it is the lock. */
export function lockName(environment: string): string {
  return `hot-deploy-lock-${nameable(environment)}`;
}

/** The name under which the container with this id stays once the lock is given back: the journal is in it. */
export function journalName(environment: string, id: string): string {
  return `hot-deploy-journal-${nameable(environment)}-${id.slice(0, 8)}`;
}

export function isJournalName(name: string, environment: string): boolean {
  const before = journalName(environment, '');
  return name.startsWith(before) && /^[0-9a-zA-Z-]{1,8}$/.test(name.slice(before.length));
}

function nameable(environment: string): string {
  const safe = environment.replace(/[^a-zA-Z0-9_.-]/gu, '-').slice(0, longest);
  return safe === environment ? safe : `${safe}-${sha256(environment).slice(0, 8)}`;
}

/** A container that is never started: there is nothing in it to start. */
export function lockSpec(
  environment: string,
  { id, holder }: Run,
  since: string,
  { Id: image, Config: { Labels: inherited, Volumes: volumes } }: ImageDetails,
): ContainerSpec {
  // What the image says of its containers would be said of this one: it would be counted among them, and routed to.
  const unsaid = Object.fromEntries(Object.keys(inherited ?? {}).map((label) => [label, '']));
  return {
    Image: image,
    Entrypoint: ['hot-deploy-lock'],
    Cmd: [],
    Labels: { ...unsaid, [lockLabel]: environment, [runLabel]: id, [holderLabel]: writeHolder(holder, since) },
    // In the place of the image's volumes, which the engine would make and keep.
    HostConfig: { NetworkMode: 'none', Tmpfs: Object.fromEntries(Object.keys(volumes ?? {}).map((at) => [at, ''])) },
  };
}

export function writeHolder(holder: Holder, since: string): string {
  return JSON.stringify({ ...holder, since });
}

/** Undefined where a container is no lock of this environment, whatever its name is. */
export function readLock(labels: Readonly<Record<string, string>>, environment: string): Locked | undefined {
  const run = labels[runLabel];
  const told = readHolder(labels[holderLabel] ?? '');
  return labels[lockLabel] === environment && run && told ? { run: plain(run), ...told } : undefined;
}

/** Undefined where the label says nothing that could be understood. Whoever may use the engine may have written it. */
export function readHolder(label: string): Pick<Locked, 'holder' | 'since'> | undefined {
  const { by, since, host, pidns, pid, startTicks } = parsed(label);
  if (typeof by !== 'string' || by === '' || typeof since !== 'string') {
    return undefined;
  }
  const holder = {
    by: plain(by),
    ...(typeof host === 'string' && { host }),
    ...(typeof pidns === 'string' && { pidns }),
    ...(isCount(pid) && pid > 0 && { pid }),
    ...(isCount(startTicks) && { startTicks }),
  };
  return { holder, since: plain(since) };
}

function parsed(label: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(label)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function isCount(read: unknown): read is number {
  return Number.isSafeInteger(read) && Number(read) >= 0;
}

/** On one line, since it is printed. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').slice(0, 200);
}
