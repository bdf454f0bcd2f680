import type { ContainerDetails, ImageDetails } from '../../engines/details.js';
import type { Endpoint } from '../../engines/endpoints.js';
import { fields } from '../../engines/overrides.js';
import { type Recreation, recreation } from '../../engines/recreation.js';
import { roleLabel } from '../../engines/throw-away.js';
import { ownLog } from '../../release/confinement.js';

/**
 * How to make a container of the new image that runs one command where this one runs, and then ends: with its environment,
 * user, mounts, networks, limits and entrypoint. Nothing may take it for the application: it has no label, alias, address
 * or port of it.
 */
export function commandContainer(
  container: ContainerDetails,
  oldImage: ImageDetails,
  image: ImageDetails,
  command: readonly string[],
): Recreation {
  const { spec, networks, ...rest } = recreation(container, oldImage, image.Id, image.Id);
  const { MacAddress: _, NetworkingConfig: primary, ...own } = spec;
  const hostConfig = spec['HostConfig'] as Readonly<Record<string, unknown>>;
  return {
    ...rest,
    spec: {
      ...own,
      Cmd: command,
      Labels: { ...withoutMeaning(image), [roleLabel]: 'release-command' },
      ExposedPorts: {},
      Healthcheck: { Test: ['NONE'] },
      // What it writes is read line by line, and nobody sits before it.
      ...{ Tty: false, OpenStdin: false, StdinOnce: false },
      ...{ AttachStdin: false, AttachStdout: false, AttachStderr: false },
      HostConfig: {
        ...hostConfig,
        ...{ PortBindings: {}, PublishAllPorts: false, ContainerIDFile: '' },
        // How it ended is asked afterwards, so it must end once, and stay.
        ...{ RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, AutoRemove: false },
        LogConfig: ownLog,
      },
      ...(primary === undefined ? {} : { NetworkingConfig: { EndpointsConfig: unnamed(primary) } }),
    },
    networks: networks.map(({ network, settings }) => ({ network, settings: withoutIdentity(settings) })),
  };
}

/** The engine merges the image's labels in, and a proxy may read them: one that is set to nothing says nothing. */
function withoutMeaning(image: ImageDetails): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(fields(image.Config.Labels)).map((label) => [label, '']));
}

function unnamed(networkingConfig: unknown): Readonly<Record<string, unknown>> {
  const endpoints = fields(fields(networkingConfig)['EndpointsConfig']);
  return Object.fromEntries(Object.entries(endpoints).map(([name, each]) => [name, withoutIdentity(fields(each))]));
}

/** What only one container of a network can have, or what sends others to it. Links are how it finds others. */
function withoutIdentity({ Aliases: _, IPAMConfig: __, MacAddress: ___, ...settings }: Endpoint['settings']) {
  return settings;
}
