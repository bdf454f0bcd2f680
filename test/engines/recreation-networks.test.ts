import { describe, expect, it } from 'vitest';
import type { ImageDetails } from '../../src/engines/details.js';
import { recreation } from '../../src/engines/recreation.js';
import { type Chosen, container, hash, image } from './created.js';

const plain = image();
const again = (chosen: Chosen, from: ImageDetails = plain) =>
  recreation(container(chosen, from), from, 'app:2', 'sha256:2');
const hostConfig = (chosen: Chosen, from?: ImageDetails) =>
  again(chosen, from).spec['HostConfig'] as Readonly<Record<string, unknown>>;
const endpoints = (chosen: Chosen) =>
  again(chosen).spec['NetworkingConfig'] as { EndpointsConfig: Record<string, unknown> } | undefined;

describe('networks', () => {
  it('a MAC address is kept only where the user chose it', () => {
    expect(JSON.stringify(again({}).spec)).not.toContain('MacAddress');
    const chosen = { config: { MacAddress: '02:00:00:00:00:01' }, hostConfig: { NetworkMode: 'front' } };
    expect(again(chosen).spec).toMatchObject({ MacAddress: '02:00:00:00:00:01' });
    expect(endpoints(chosen)?.EndpointsConfig['front']).toEqual({ MacAddress: '02:00:00:00:00:01' });
  });

  it('static addresses, aliases and links are kept, assigned addresses and the short id are not', () => {
    const endpoint = { IPAMConfig: { IPv4Address: '10.0.0.9' }, Aliases: ['www'], Links: ['db:database'] };
    expect(endpoints({ hostConfig: { NetworkMode: 'front' }, networks: { front: endpoint } })).toEqual({
      EndpointsConfig: { front: endpoint },
    });
  });

  it('several: one is created with, the others are connected afterwards', () => {
    const { spec, networks } = again({
      hostConfig: { NetworkMode: 'front' },
      networks: { back: { Aliases: ['b'] }, front: { Aliases: ['f'] }, side: {} },
    });
    expect(spec['NetworkingConfig']).toEqual({ EndpointsConfig: { front: { Aliases: ['f'] } } });
    expect(networks).toEqual([
      { network: 'back', settings: { Aliases: ['b'] } },
      { network: 'side', settings: {} },
    ]);
  });

  it('a network that is named by its id', () => {
    const { networks } = recreation(
      { ...container({ hostConfig: { NetworkMode: 'front' } }), HostConfig: { NetworkMode: hash('front') } },
      plain,
      'app:2',
    );
    expect(networks).toEqual([]);
  });

  it('one that was disconnected is disconnected again', () => {
    const old = container({ networks: { back: {} } });
    delete old.NetworkSettings.Networks['bridge'];
    const { networks, disconnect } = recreation(old, plain, 'app:2');
    expect({ networks, disconnect }).toEqual({ networks: [{ network: 'back', settings: {} }], disconnect: ['bridge'] });
  });

  it.each([`container:${hash('db')}`, 'host', 'none'])('none of its own with %s', (mode) => {
    const { spec, networks, disconnect } = again({ config: { MacAddress: '' }, hostConfig: { NetworkMode: mode } });
    expect(spec).not.toHaveProperty('NetworkingConfig');
    expect(spec['HostConfig']).toMatchObject({ NetworkMode: mode });
    expect({ networks, disconnect }).toEqual({ networks: [], disconnect: [] });
  });

  it("in another container's network the names are that container's", () => {
    const config = { Hostname: 'db', Domainname: 'example.org' };
    const { spec } = again({ config, hostConfig: { NetworkMode: `container:${hash('db')}` } });
    expect(spec).not.toHaveProperty('Hostname');
    expect(spec).not.toHaveProperty('Domainname');
  });

  it('a port that is published is exposed, though the old image exposed it and the new one may not', () => {
    const bindings = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] };
    const from = image({ ExposedPorts: { '80/tcp': {}, '90/tcp': {} } });
    expect(again({ hostConfig: { PortBindings: bindings } }, from).spec['ExposedPorts']).toEqual({ '80/tcp': {} });
  });

  it('links of the old kind are shown with the names of both and wanted with an alias', () => {
    expect(hostConfig({ hostConfig: { Links: ['db:database'] } })['Links']).toEqual(['db:database']);
  });
});
