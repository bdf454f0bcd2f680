import { describe, expect, it } from 'vitest';
import { addressOf, cliEnvironment } from '../../src/engines/address.js';

describe('where the engine is', () => {
  it.each([
    [{}, { by: 'unix', path: '/var/run/docker.sock' }],
    [{ DOCKER_HOST: '' }, { by: 'unix', path: '/var/run/docker.sock' }],
    [{ DOCKER_HOST: 'unix://' }, { by: 'unix', path: '/var/run/docker.sock' }],
    [{ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }, { by: 'unix', path: '/run/user/1000/docker.sock' }],
    [{ DOCKER_HOST: 'tcp://10.0.0.1:2375' }, { by: 'tcp', host: '10.0.0.1', port: 2375 }],
    [{ DOCKER_HOST: 'tcp://docker' }, { by: 'tcp', host: 'docker', port: 2375 }],
    [{ DOCKER_HOST: 'tcp://docker:80/' }, { by: 'tcp', host: 'docker', port: 80 }],
    [{ DOCKER_HOST: 'tcp://[::1]:2375' }, { by: 'tcp', host: '::1', port: 2375 }],
    [
      { DOCKER_HOST: 'tcp://docker', DOCKER_CERT_PATH: '/certs' },
      { port: 2376, tls: { certificates: '/certs', verify: true } },
    ],
    [
      { DOCKER_HOST: 'tcp://docker:9', DOCKER_TLS_VERIFY: '1', HOME: '/h' },
      { port: 9, tls: { certificates: '/h/.docker', verify: true } },
    ],
    [
      { DOCKER_HOST: 'tcp://docker:9', DOCKER_TLS_VERIFY: '1', HOME: '/h', DOCKER_CONFIG: '/c' },
      { port: 9, tls: { certificates: '/c', verify: true } },
    ],
  ])('%o', (environment, address) => {
    expect(addressOf(environment)).toMatchObject(address);
  });

  it.each([
    [{ DOCKER_HOST: 'ssh://deploy@host' }, /ssh:\/\/deploy@host, and engines behind ssh:\/\/ are not supported yet/],
    [{ DOCKER_HOST: 'host:2375' }, /DOCKER_HOST is host:2375. Allowed: unix:\/\/\/PATH, tcp:\/\/HOST:PORT/],
    [{ DOCKER_HOST: 'tcp://host:2375/path' }, /no address of the form tcp:\/\/HOST:PORT/],
    [{ DOCKER_HOST: 'tcp://' }, /no address of the form/],
  ])('or one sentence: %o', (environment, sentence) => {
    expect(() => addressOf(environment)).toThrow(sentence);
  });

  it('keeps a password in an address out of the sentence', () => {
    expect(() => addressOf({ DOCKER_HOST: 'tcp://me:hunter2@host:2375' })).not.toThrow(/hunter2/);
  });

  it('is told to the docker command line with its certificates', () => {
    const tls = addressOf({ DOCKER_HOST: 'tcp://docker', DOCKER_CERT_PATH: '/certs' });
    expect(cliEnvironment(tls)).toEqual({
      DOCKER_HOST: 'tcp://docker',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/certs',
    });
    expect(cliEnvironment(addressOf({}))).toEqual({ DOCKER_HOST: 'unix:///var/run/docker.sock' });
  });
});
