import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { ContainerSpec } from '../../src/engines/engine.js';
import { recreation } from '../../src/engines/recreation.js';
import { differingSettings, settings } from '../../src/engines/settings.js';
import { type Chosen, container, created, image } from './created.js';

type Fields = Record<string, unknown>;

/** The new container as the engine would make it from a re-creation. */
function recreated(old: ContainerDetails, from: ImageDetails, to: ImageDetails): ContainerDetails {
  const { spec, networks } = recreation(old, from, 'app:2', to.Id);
  return started(spec, networks, to, 'new');
}

function started(
  spec: ContainerSpec,
  networks: readonly { network: string; settings: object }[],
  to: ImageDetails,
  seed: string,
) {
  const { EndpointsConfig: first = {} } = (spec['NetworkingConfig'] ?? {}) as Fields;
  const further = Object.fromEntries(networks.map(({ network, settings: endpoint }) => [network, endpoint]));
  return created({ ...spec, NetworkingConfig: { EndpointsConfig: { ...(first as object), ...further } } }, to, seed);
}

const word = fc.constantFrom('a', 'b', 'c', 'd');
const words = (kind: string) => fc.array(word, { maxLength: 3 }).map((all) => all.map((one) => `${kind}-${one}`));
const keys = (kind: string, value: fc.Arbitrary<unknown>) =>
  fc.dictionary(
    word.map((one) => `/${kind}${one}`),
    value,
    { maxKeys: 3 },
  );
const maybe = (whose: string, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: [] }).map((some) => ({ ...some, whose }));

/** What an image or a user may say. Values carry whose they are, since equal ones cannot be told apart by anyone. */
const config = (whose: string) =>
  maybe(whose, {
    Env: fc.uniqueArray(word, { maxLength: 4 }).map((all) => all.map((key) => `${key}=${whose}`)),
    Labels: keys('label', fc.constant(whose)),
    ExposedPorts: keys('port', fc.constant({})),
    Volumes: keys('volume', fc.constant({})),
    Entrypoint: words(whose).filter((all) => all.length > 0),
    Cmd: words(whose).filter((all) => all.length > 0),
    User: fc.constant(whose),
    WorkingDir: fc.constantFrom(`/${whose}`, `/${whose}/sub`),
    StopSignal: fc.constant(`SIG${whose}`),
    Healthcheck: maybe(whose, { Test: fc.constant(['CMD', whose]), Interval: fc.constant(`${whose}s`) })
      .map(({ whose: _, ...check }) => check)
      .filter((check) => Object.keys(check).length > 0),
  }).map(({ whose: _, ...fields }) => fields as Fields);

const choice: fc.Arbitrary<Chosen> = fc.record({
  config: fc
    .tuple(
      config('user'),
      maybe('', {
        Hostname: fc.constant('web'),
        StopTimeout: fc.nat(9),
        Tty: fc.boolean(),
        Entrypoint: fc.constant(['']),
      }),
    )
    .map(([one, { whose: _, ...other }]) => ({ ...one, ...other })),
  hostConfig: maybe('', {
    NetworkMode: fc.constantFrom('default', 'front', 'host', 'none', `container:${'0'.repeat(64)}`),
    Binds: words('volume').map((names) => [...new Set(names)].map((name) => `${name}:/${name}:ro`)),
    Memory: fc.nat(9),
    CapAdd: words('cap'),
    Links: words('link').map((names) => names.map((name) => `${name}:alias-${name}`)),
  }).map(({ whose: _, ...fields }) => fields as Fields),
  networks: fc.constant({}),
});

const withNetworks: fc.Arbitrary<Chosen> = choice.map((chosen) =>
  chosen.hostConfig?.['NetworkMode'] === 'front'
    ? {
        ...chosen,
        networks: { front: { Aliases: ['www'], IPAMConfig: { IPv4Address: '10.0.0.9' } }, back: { Aliases: ['b'] } },
      }
    : chosen,
);

/** The engine refuses a container without any command, and a reset of an entrypoint that was none leaves no trace. */
const possible = (chosen: Chosen, ...images: ImageDetails[]): boolean =>
  images.every((from) => {
    const { Entrypoint: entrypoint, Cmd: cmd } = container(chosen, from).Config;
    const resetsNothing = JSON.stringify(chosen.config?.['Entrypoint']) === '[""]' && !from.Config.Entrypoint;
    return Boolean(entrypoint || cmd) && !resetsNothing;
  });

const sane = (chosen: Chosen): boolean =>
  !String(chosen.hostConfig?.['NetworkMode']).startsWith('container:') || chosen.config?.['Hostname'] === undefined;

describe('re-creating a container on another image', () => {
  it('keeps every setting, whatever the user chose and whatever either image says', () => {
    fc.assert(
      fc.property(withNetworks.filter(sane), config('old'), config('new'), (chosen, oldConfig, newConfig) => {
        const [from, to] = [image(oldConfig, 'old'), image(newConfig, 'new')];
        fc.pre(possible(chosen, from, to));
        const old = container(chosen, from);
        const fresh = recreated(old, from, to);
        expect(differingSettings(settings(old, from), settings(fresh, to))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives what the same `docker run` with the new image would give', () => {
    fc.assert(
      fc.property(withNetworks.filter(sane), config('old'), config('new'), (chosen, oldConfig, newConfig) => {
        const [from, to] = [image(oldConfig, 'old'), image(newConfig, 'new')];
        fc.pre(possible(chosen, from, to));
        const fresh = recreated(container(chosen, from), from, to);
        const ideal = container(chosen, to, 'new');
        const comparable = ({ Config: all }: ContainerDetails) => {
          // A user's port or volume that the old image has as well cannot be told from the image's.
          const { Image, ExposedPorts, Volumes, ...rest } = all;
          return { ...rest, Env: [...rest.Env].sort() };
        };
        expect(comparable(fresh)).toEqual(comparable(ideal));
        expect(fresh.NetworkSettings).toEqual(ideal.NetworkSettings);
        expect({ ...fresh.HostConfig, Mounts: [] }).toEqual({ ...ideal.HostConfig, Mounts: [] });
      }),
      { numRuns: 2_000 },
    );
  });

  it('twice adds nothing', () => {
    fc.assert(
      fc.property(withNetworks.filter(sane), config('old'), (chosen, oldConfig) => {
        const from = image(oldConfig);
        fc.pre(possible(chosen, from));
        const once = recreated(container(chosen, from), from, from);
        const { spec, networks } = recreation(once, from, 'app:2');
        expect(started(spec, networks, from, 'new')).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a difference is seen', () => {
  const from = image({ Env: ['MODE=old'], Volumes: { '/data': {} }, Cmd: ['start'] }, 'old');
  const to = image({ Env: ['MODE=new'], Cmd: ['begin'] }, 'new');
  const chosen: Chosen = {
    config: { Env: ['KEY=secret'], Labels: { team: 'a' }, Hostname: 'web', StopTimeout: 0 },
    hostConfig: { NetworkMode: 'front', Memory: 64, Binds: ['/srv:/srv'], Privileged: true, OfTheFuture: 1 },
    networks: { front: { Aliases: ['www'] }, back: {} },
  };
  const old = container(chosen, from);
  const differences = (change: (fresh: ContainerDetails) => void) => {
    const fresh = recreated(old, from, to);
    change(fresh);
    return differingSettings(settings(old, from), settings(fresh, to));
  };

  it('and none where there is none', () => {
    expect(differences(() => undefined)).toEqual([]);
  });

  it.each<[string, string, (fresh: ContainerDetails) => void]>([
    ['a variable that was lost', 'Env.KEY', ({ Config }) => Config.Env.shift()],
    ["a variable frozen at the old image's value", 'Env.MODE', ({ Config }) => Config.Env.push('MODE=old')],
    ["a command frozen at the old image's", 'Cmd', ({ Config }) => Object.assign(Config, { Cmd: ['start'] })],
    ['a label that was added', 'Labels.more', ({ Config }) => Object.assign(Config.Labels, { more: 'x' })],
    ['a host name', 'Hostname', ({ Config }) => Object.assign(Config, { Hostname: 'other' })],
    ['a MAC address nobody chose', 'MacAddress', ({ Config }) => Object.assign(Config, { MacAddress: '02:00' })],
    ['a stop timeout of zero', 'StopTimeout', ({ Config }) => Object.assign(Config, { StopTimeout: undefined })],
    ['a limit', 'HostConfig.Memory', ({ HostConfig }) => Object.assign(HostConfig, { Memory: 0 })],
    ['a privilege', 'HostConfig.Privileged', ({ HostConfig }) => Object.assign(HostConfig, { Privileged: false })],
    [
      'what this version does not know',
      'HostConfig.OfTheFuture',
      ({ HostConfig }) => Object.assign(HostConfig, { OfTheFuture: 2 }),
    ],
    [
      'an alias',
      'Networks.front',
      ({ NetworkSettings: { Networks } }) => Object.assign(Networks['front'] ?? {}, { Aliases: null }),
    ],
    ['a network', 'Networks.back', ({ NetworkSettings: { Networks } }) => delete Networks['back']],
    [
      'an anonymous volume that is empty now',
      'Mounts./data',
      ({ Mounts }) => Object.assign(Mounts.at(-1) ?? {}, { Name: 'new' }),
    ],
    ['a folder of the host', 'Mounts./srv', ({ Mounts }) => Object.assign(Mounts[0] ?? {}, { RW: false })],
  ])('%s', (_, name, change) => {
    expect(differences(change)).toEqual([name]);
  });

  it('and its name says nothing about its value', () => {
    expect(differences(({ Config }) => Object.assign(Config, { Env: [] })).join()).not.toContain('secret');
  });
});
