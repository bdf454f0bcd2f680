import type { Registrations } from './facts.js';

const kinds = [
  ['names', 'process'],
  ['tables', 'table'],
  ['terms', 'persistent term'],
] as const;

/**
 * What OTP starts when it is first called, and leaves: that a boot called it and an upgrade did not is no difference to
 * anybody.
 */
const onDemand = new Set([
  ...['timer_server', 'timer_tab', 'timer_interval_tab'],
  ...['dets', 'dets_sup', 'dets_owners', 'dets_registry'],
  ...['disk_log_server', 'disk_log_sup', 'disk_log_names', 'disk_log_pids'],
  ...['inet_gethost_native', 'inet_gethost_native_sup', 'ddll_server'],
]);

/** What a cold boot registers and a node after an upgrade lacks, in words; and how much was compared. Pure. */
export function missingRegistrations(
  booted: Registrations,
  node: { readonly before: Registrations; readonly now: Registrations },
  /** The same on a node that was upgraded before: what it lacks too was never made by the upgrade. */
  rehearsed: { readonly before: Registrations; readonly after: Registrations } | undefined,
): { readonly expected: number; readonly differing: readonly string[] } {
  const compared = kinds.map(([kind, word]) => {
    const [before, now] = [patterns(node.before[kind]), patterns(node.now[kind])];
    const made = rehearsed && patterns(rehearsed.after[kind]);
    const known = rehearsed && patterns(rehearsed.before[kind]);
    const expected = booted[kind].filter(
      (name) => !onDemand.has(plain(name)) && (made === undefined || made.has(pattern(name))),
    );
    // What this node lacked before, and the old release makes, is not the upgrade's doing.
    const ours = (name: string) => before.has(pattern(name)) || (known !== undefined && !known.has(pattern(name)));
    const missing = expected.filter((name) => !now.has(pattern(name)) && ours(name));
    return { expected: expected.length, missing: missing.map((name) => `${word} ${name}`) };
  });
  return {
    expected: compared.reduce((sum, { expected }) => sum + expected, 0),
    differing: compared.flatMap(({ missing }) => missing),
  };
}

/** What the old release registered, a cold boot of the new one does not, and the upgrade left. */
export function leftRegistrations(
  booted: Registrations,
  node: { readonly before: Registrations; readonly now: Registrations },
) {
  return kinds.flatMap(([kind, word]) => {
    const [wanted, before] = [patterns(booted[kind]), patterns(node.before[kind])];
    return node.now[kind]
      .filter((name) => !onDemand.has(plain(name)) && !wanted.has(pattern(name)) && before.has(pattern(name)))
      .map((name) => `${word} ${name}`);
  });
}

/** What two boots of one release both register. */
export function steadyRegistrations(one: Registrations, other: Registrations): Registrations {
  const both = (kind: keyof Registrations) => {
    const known = patterns(other[kind]);
    return one[kind].filter((name) => known.has(pattern(name)));
  };
  return { names: both('names'), tables: both('tables'), terms: both('terms') };
}

/** The name alone of a process, or of a table: `{name,type,protection,keypos}`. */
function plain(name: string): string {
  return /^\{(\w+),/.exec(name)?.[1] ?? name;
}

/** Numbers in a name are often made up anew by each boot, in hexadecimal too. */
function pattern(name: string): string {
  return name
    .replace(/(?<![0-9A-Za-z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}(?![0-9A-Za-z])/gi, '#')
    .replace(/\d+/g, '#');
}

function patterns(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map(pattern));
}
