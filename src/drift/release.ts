import type { Difference, Since } from '../deployment/drift.js';
import type { ImageChange } from '../release/base.js';
import { compare } from '../release/compare.js';
import { iso, loadedHotAt, type Seen, sinceBoot, sinceParting } from './seen.js';
import { configurationFiles } from './settings.js';

/** What versions, files and images say. */
export function releaseDifferences(seen: Seen): readonly Difference[] {
  const { running, meant } = seen;
  const { release: next } = meant;
  const since = sinceParting(seen);
  const change = compare(running, next);
  const { added, removed, changed, rebuilt } = change.applications;
  const path = (file: string) => file.replaceAll('VSN', running.version);
  const application = (subject: string, message: string): Difference => ({
    kind: 'application',
    subject,
    message,
    since,
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
    ...(running.erts === next.erts
      ? []
      : [
          {
            kind: 'release',
            subject: 'erts',
            message: `runs in version ${running.erts} (OTP ${running.otp}), and the image holds ${next.erts} (OTP ${next.otp})`,
            since,
          } as const,
        ]),
    ...(running.root === next.root
      ? []
      : [
          {
            kind: 'release',
            subject: running.root,
            message: `holds the release, and ${next.root} in the image`,
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
      ...(running.version === next.version ? configurationFiles(running.files, next.files).map(path) : []),
      ...change.overlays,
    ].map((subject): Difference => ({ kind: 'file', subject, message: "differs from the image's", since })),
    ...change.files.map(
      (file): Difference => ({
        kind: 'file',
        subject: path(file),
        message: "differs from the image's, and is read only when the container starts",
        since,
      }),
    ),
    ...('unknown' in seen.image ? [] : outside(seen.image, running.erts === next.erts, since)),
  ];
}

/** What only a new container takes up. */
function outside({ settings, files, overlays }: ImageChange, sameErts: boolean, since: Since): readonly Difference[] {
  const [first, ...more] = files;
  const others = more.length === 0 ? '' : `, and so do ${more.length} more files outside of the release`;
  return [
    ...settings.map(
      (subject): Difference => ({ kind: 'container', subject, message: 'is set differently by the image', since }),
    ),
    // Another runtime is one line, and not one for each of its files.
    ...overlays
      .filter((path) => sameErts || !path.startsWith('erts-'))
      .map(
        (subject): Difference => ({
          kind: 'file',
          subject,
          message: "differs between the container's image and this one",
          since,
        }),
      ),
    ...(first === undefined
      ? []
      : [{ kind: 'file', subject: first, message: `differs from the image's${others}`, since } as const]),
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
