import type { Moment } from '../deployment/drift.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { RunningRelease } from '../release/release.js';
import type { Reading } from '../release/running.js';

/** What the engine knows of when. */
export function historyOf({ Created, State }: ContainerDetails): readonly Moment[] {
  const moments = [
    { at: Created, what: 'the container was made' },
    { at: State.StartedAt, what: 'the container was started' },
    ...(State.Running
      ? []
      : [{ at: State.FinishedAt, what: `the container ended (${State.Status}, exit code ${State.ExitCode})` }]),
  ];
  // The engine writes the year one for what has not happened.
  return moments
    .filter(({ at }) => !at.startsWith('0001-'))
    .map(({ at, what }) => ({ at: new Date(at).toISOString(), what }));
}

/** Why nothing that runs could be asked, where nothing runs. */
export function stopped({
  Name,
  State: { Running, Paused, Restarting, Status },
}: ContainerDetails): string | undefined {
  return !Running || Paused || Restarting
    ? `${nameOf({ Name })} is ${Status}, so nothing that runs could be asked.`
    : undefined;
}

/** Why a container that runs could not be asked. */
export function unread(reading: Exclude<Reading, { kind: 'running' }> | undefined): string {
  switch (reading?.kind) {
    case undefined:
    case 'no-vm':
      return reading?.nodes.length
        ? `It runs no node of that name, but ${reading.nodes.join(', ')}. Check \`node-name\`.`
        : 'It runs no Erlang VM. Check `containers`.';
    case 'several-nodes':
      return `It runs several VMs (${reading.nodes.join(', ')}). Say which one is meant: node-name.`;
    case 'no-distribution':
      return 'The VM runs without distribution, so there is no way in to ask it. Do not set RELEASE_DISTRIBUTION=none.';
    case 'unreachable':
      return `The node did not answer: ${reading.why}`;
    case 'unreadable':
      return `It cannot be read. ${reading.why}`;
  }
}

/** A release that a new container would not take from the image. */
export function volumeOver({ Mounts }: ContainerDetails, { root }: RunningRelease): readonly string[] {
  const volume = Mounts.find(({ Destination: at }) =>
    [root, `${root}/lib`, `${root}/releases`].some((directory) => directory === at || directory.startsWith(`${at}/`)),
  );
  return volume === undefined
    ? []
    : [
        `a new container: the release lies on a volume at ${volume.Destination}, which it would get in place of the image's`,
      ];
}
