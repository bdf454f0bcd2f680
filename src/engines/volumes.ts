import type { ContainerDetails } from './details.js';
import { cleanPath, fields, list } from './overrides.js';

/** An entry of `HostConfig.Mounts`. */
export type Mount = Readonly<Record<string, unknown>>;

type MountPoint = ContainerDetails['Mounts'][number];

/**
 * The container's own `HostConfig.Mounts`, and in them its anonymous volumes by name: without a name the Engine would make
 * new, empty ones, and the data would be left in volumes that nobody finds again. Undefined where there is nothing to say.
 */
export function mountsOf(container: ContainerDetails): readonly Mount[] | undefined {
  const given = list(container.HostConfig.Mounts).map(fields);
  const kept = given.map((mount) => named(mount, container));
  const carried = anonymous(container)
    .filter(({ Destination: target }) => !given.some((mount) => cleanPath(mount['Target']) === cleanPath(target)))
    .map(asMount);
  return kept.length + carried.length === 0 ? undefined : [...kept, ...carried];
}

/** `--mount type=volume,target=/data` names no volume; the one that was made for it is in the container's mount points. */
function named(mount: Mount, container: ContainerDetails): Mount {
  if (mount['Type'] !== 'volume' || (mount['Source'] ?? '') !== '') return mount;
  const made = container.Mounts.find(({ Destination: target }) => cleanPath(target) === cleanPath(mount['Target']));
  return made?.Name === undefined ? mount : { ...mount, Source: made.Name };
}

/**
 * Volumes which the image's VOLUME or `--volume /data` made. Those that come through `--volumes-from` are no volumes of this
 * container's, and the Engine finds them again by itself.
 */
export function anonymous(container: ContainerDetails): readonly MountPoint[] {
  const declared = Object.keys(fields(container.Config.Volumes)).map(cleanPath);
  const bound = list(container.HostConfig.Binds).map((bind) => cleanPath(String(bind).split(':')[1]));
  return container.Mounts.filter(
    ({ Type: type, Destination: target }) =>
      type === 'volume' && declared.includes(cleanPath(target)) && !bound.includes(cleanPath(target)),
  );
}

function asMount({ Name: name, Destination: target, RW: writable, Driver: driver }: MountPoint): Mount {
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    ...(writable ? {} : { ReadOnly: true }),
    ...(driver === undefined || driver === 'local' ? {} : { VolumeOptions: { DriverConfig: { Name: driver } } }),
  };
}
