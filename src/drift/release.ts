import type { ReasonCode } from '../plan/codes.js';
import { judgeRelease } from '../plan/plan.js';
import { compare } from '../release/compare.js';
import type { Difference } from './drift.js';
import { iso, loadedHotAt, type Seen, sinceBoot, sinceParting } from './seen.js';
import { configurationFiles } from './settings.js';

// Of all that speaks against a hot load, what a new container would have and this one has not.
const kindOf: Partial<Record<ReasonCode, Difference['kind']>> = {
  'erts-changed': 'release',
  'release-root-changed': 'release',
  'vm-args-changed': 'file',
  'boot-script-changed': 'file',
  'container-config-changed': 'container',
  'base-image-changed': 'container',
};

/** What versions, files and images say. */
export function releaseDifferences(seen: Seen): readonly Difference[] {
  const { running, meant } = seen;
  const { release: next } = meant;
  const since = sinceParting(seen);
  const change = compare(running, next);
  const { added, removed, changed, rebuilt } = change.applications;
  const application = (subject: string, message: string): Difference => ({
    kind: 'application',
    subject,
    message,
    since,
  });
  const reasons = judgeRelease({
    running,
    next,
    change,
    image: 'unknown' in seen.image ? { settings: [], files: [] } : seen.image,
    readOnlyRoot: seen.readOnlyRoot,
    occupied: [],
    options: { strategy: 'auto', hotUpTo: 'major' },
  });
  return [
    ...(running.version === next.version
      ? []
      : [
          {
            kind: 'release',
            subject: running.name,
            message: `runs in version ${running.version}, and ${meant.reference} holds ${next.version}`,
            since,
          } as const,
        ]),
    ...changed.map(({ name, from, to }) => application(name, `runs in version ${from}, and the image holds ${to}`)),
    ...added.map(({ name, version }) => application(name, `is in the image (${version}), and not loaded`)),
    ...removed.map(({ name, version }) => application(name, `is loaded (${version}), and not in the image`)),
    ...change.modes.map(({ name, from, to }) =>
      application(
        name,
        from === 'load'
          ? `is loaded and was not started, or has stopped: a cold boot starts it as ${to}`
          : `runs as ${from}, and a cold boot starts it as ${to}`,
      ),
    ),
    ...[
      ...rebuilt.flatMap(({ modules }) => modules.filter((name) => name.startsWith('lib/'))),
      ...(running.version === next.version ? configurationFiles(running.files, next.files) : []),
    ].map((subject): Difference => ({ kind: 'file', subject, message: "differs from the image's", since })),
    ...reasons.flatMap(({ code, subject, message }): readonly Difference[] => {
      const kind = kindOf[code];
      return kind === undefined ? [] : [{ kind, subject, message, since }];
    }),
  ];
}

/** That a restart of the container would boot another release than the one that runs. */
export function restartDifferences(seen: Seen): readonly Difference[] {
  const { running, state, startup } = seen;
  const status = state.releases.find(({ version }) => version === running.version)?.status;
  const loadedAt = loadedHotAt(seen);
  const since = loadedAt === undefined ? sinceBoot(seen) : { at: iso(loadedAt) };
  const told = (message: string): Difference => ({ kind: 'restart', subject: running.version, message, since });
  if (startup.boots !== undefined && startup.boots !== running.version) {
    return [told(`runs and was never made permanent: a restart of the container boots ${startup.boots}`)];
  }
  return status === 'current'
    ? [told('runs, and release_handler does not hold it for permanent: a restart by heart boots another')]
    : [];
}
