import { expect, test } from 'vitest';
import { endpointsOf } from '../../../src/engines/endpoints.js';
import { commandContainer } from '../../../src/strategies/recreate/release-command-spec.js';
import { container, image } from '../../engines/created.js';

const old = image({ Env: ['PATH=/bin'], Cmd: ['start'], Entrypoint: ['/entry'], Labels: { 'traefik.enable': 'true' } });
const next = image(
  { Env: ['PATH=/bin'], Cmd: ['start'], Entrypoint: ['/entry'], Labels: { 'traefik.enable': 'true' } },
  'new',
);
const serving = container(
  {
    config: {
      ...{ Env: ['DATABASE_URL=ecto://u:p@db/shop'], User: 'app', Hostname: 'web', Tty: true, OpenStdin: true },
      ...{
        Labels: { 'com.docker.compose.service': 'web' },
        ExposedPorts: { '4000/tcp': {} },
        MacAddress: '02:42:ac:11:00:09',
      },
    },
    hostConfig: {
      ...{ NetworkMode: 'back', Binds: ['data:/data'], Links: ['db:db'], ReadonlyRootfs: true, Memory: 1 << 28 },
      ...{ PortBindings: { '4000/tcp': [{ HostPort: '80' }] }, PublishAllPorts: true, AutoRemove: true },
      ...{ RestartPolicy: { Name: 'always' }, LogConfig: { Type: 'syslog', Config: {} } },
    },
    networks: {
      back: { Aliases: ['web'], IPAMConfig: { IPv4Address: '10.1.0.9' }, Links: ['db:db'] },
      front: { Aliases: ['www'] },
    },
  },
  old,
);
const { spec, networks } = commandContainer(serving, old, next, ['bin/migrate', '--all']);

test('it has the environment, user, mounts, limits, networks and entrypoint of the container', () => {
  expect(spec).toMatchObject({
    Image: next.Id,
    Env: ['DATABASE_URL=ecto://u:p@db/shop'],
    ...{ User: 'app', Hostname: 'web', Cmd: ['bin/migrate', '--all'] },
    HostConfig: { NetworkMode: 'back', Binds: ['data:/data'], Links: ['db:db'], ReadonlyRootfs: true, Memory: 1 << 28 },
    NetworkingConfig: { EndpointsConfig: { back: { Links: ['db:db'] } } },
  });
  expect(spec).not.toHaveProperty('Entrypoint');
  expect(networks.map(({ network }) => network)).toEqual(['front']);
});

test('it has no label, alias, address or port by which anybody would take it for the application', () => {
  expect(spec['Labels']).toEqual({ 'traefik.enable': '', 'hot-deploy.role': 'release-command' });
  expect(spec).toMatchObject({ ExposedPorts: {}, HostConfig: { PortBindings: {}, PublishAllPorts: false } });
  expect(spec).not.toHaveProperty('MacAddress');
  expect(JSON.stringify([spec['NetworkingConfig'], networks])).not.toMatch(/Aliases|IPAMConfig|MacAddress/);
  // Of the container itself they are known.
  expect(JSON.stringify(endpointsOf(serving))).toMatch(/Aliases.*IPAMConfig|IPAMConfig.*Aliases/);
});

test('it runs once, and stays with what it wrote until it has been asked', () => {
  expect(spec).toMatchObject({
    ...{ Tty: false, OpenStdin: false, Healthcheck: { Test: ['NONE'] } },
    HostConfig: { AutoRemove: false, RestartPolicy: { Name: 'no' }, LogConfig: { Type: 'json-file' } },
  });
});
