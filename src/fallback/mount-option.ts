import type { ContainerDetails } from '../engines/details.js';
import { cleanPath, fields, list } from '../engines/overrides.js';
import { anonymous, type Mount } from '../engines/volumes.js';
import { csv } from './host-options.js';
import { quote, type Word } from './quote.js';

/** `--mount` for one entry of `HostConfig.Mounts`, and what it cannot say. */
export function mountOption(mount: Mount, container: ContainerDetails): { option: Word; unsaid: readonly string[] } {
  const { Type: type, Source: source, Target: target, ReadOnly: readOnly, Consistency: consistency } = mount;
  const bind = fields(mount['BindOptions']);
  const volume = fields(mount['VolumeOptions']);
  const tmpfs = fields(mount['TmpfsOptions']);
  const driver = fields(volume['DriverConfig']);
  const part = (name: string, value: unknown) =>
    value === undefined || value === '' || value === 0 ? [] : [csv(`${name}=${value}`)];
  const whether = (name: string, value: unknown) => (value === true ? [name] : []);
  const pairs = (name: string, value: unknown) =>
    Object.entries(fields(value)).map(([key, one]) => csv(`${name}=${key}=${one}`));
  const mode = tmpfs['Mode'];
  const rest = [
    ...part('target', target),
    ...whether('readonly', readOnly),
    ...part('consistency', consistency),
    ...part('bind-propagation', bind['Propagation']),
    ...whether('bind-nonrecursive', bind['NonRecursive']),
    ...whether('volume-nocopy', volume['NoCopy']),
    ...pairs('volume-label', volume['Labels']),
    ...part('volume-driver', driver['Name']),
    ...pairs('volume-opt', driver['Options']),
    ...part('volume-subpath', volume['Subpath']),
    ...part('tmpfs-size', tmpfs['SizeBytes']),
    ...part('tmpfs-mode', typeof mode === 'number' && mode > 0 ? mode.toString(8) : undefined),
  ].join(',');
  const known = { Propagation: 1, NonRecursive: 1, NoCopy: 1, Labels: 1, DriverConfig: 1, Subpath: 1 };
  const unsaid = [...Object.entries(bind), ...Object.entries(volume)]
    .filter(([key, value]) => !(key in known) && value)
    .map(([key]) => `${key} of the mount at ${target}`);
  const first = `--mount=type=${type},`;
  const nameless =
    type === 'volume' && (made(container, String(target)) || list(anonymous(container)).some(at(String(target))));
  const option: Word = nameless
    ? // The engine made it: which it is is asked of the container that runs.
      {
        expanded: `"${first}source=$(volume_at ${quote(String(target))} ${quote(String(source))}),"${quote(rest)}`,
      }
    : `${first}${[...part('source', source), rest].join(',')}`;
  return { option, unsaid };
}

function made(container: ContainerDetails, target: string): boolean {
  const given = list(container.HostConfig.Mounts).map(fields);
  return given.some((one) => one['Target'] === target && (one['Source'] ?? '') === '');
}

const at = (target: string) => (mount: unknown) => cleanPath(fields(mount)['Destination']) === cleanPath(target);
