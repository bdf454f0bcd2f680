import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf, cliEnvironment } from '../../src/engines/address.js';
import { connectEngine } from '../../src/engines/connect.js';
import { contextOf } from '../../src/engines/context.js';

const id = (name: string) => createHash('sha256').update(name).digest('hex');
let home: string;
let config: string;

/** As `docker context create` writes it. */
async function store(name: string, endpoint: object, files: readonly string[] = []): Promise<void> {
  const [meta, tls] = [join(config, 'contexts/meta', id(name)), join(config, 'contexts/tls', id(name), 'docker')];
  await mkdir(meta, { recursive: true });
  const content = { Name: name, Metadata: {}, Endpoints: { docker: endpoint } };
  await writeFile(join(meta, 'meta.json'), JSON.stringify(content));
  if (files.length > 0) await mkdir(tls, { recursive: true });
  for (const file of files) await writeFile(join(tls, file), 'x');
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'contexts-'));
  config = join(home, '.docker');
  await store('near', { Host: 'unix:///run/user/1000/docker.sock', SkipTLSVerify: false });
  await store('plain', { Host: 'tcp://10.0.0.1:2375' });
  await store('far', { Host: 'tcp://10.0.0.1', SkipTLSVerify: false }, ['ca.pem', 'cert.pem', 'key.pem']);
  await store('trusting', { Host: 'tcp://10.0.0.1:9', SkipTLSVerify: true });
  await store('shell', { Host: 'ssh://deploy@host' });
  await store('empty', {});
  await writeFile(join(config, 'config.json'), JSON.stringify({ auths: {}, currentContext: 'near' }));
});
afterAll(async () => rm(home, { recursive: true }));

const address = async (environment: NodeJS.ProcessEnv) => addressOf(environment, await contextOf(environment));

describe('the engine that the docker CLI would ask', () => {
  it.each([
    ['by currentContext', {}, { path: '/run/user/1000/docker.sock', context: 'near' }],
    ['by DOCKER_CONTEXT before that', { DOCKER_CONTEXT: 'plain' }, { host: '10.0.0.1', port: 2375, context: 'plain' }],
    ['by its default, asked for by name', { DOCKER_CONTEXT: 'default' }, { path: '/var/run/docker.sock' }],
    ['by DOCKER_HOST before all', { DOCKER_HOST: 'unix:///d.sock', DOCKER_CONTEXT: 'gone' }, { path: '/d.sock' }],
    ['by no host: the default socket', { DOCKER_CONTEXT: 'empty' }, { path: '/var/run/docker.sock', context: 'empty' }],
  ])('%s', async (_, given, expected) => {
    expect(await address({ HOME: home, ...given })).toMatchObject(expected);
  });

  it('is asked with the TLS files of its context, and on the port of TLS', async () => {
    const certificates = join(config, 'contexts/tls', id('far'), 'docker');
    const tls = { certificates, verify: true };
    expect(await address({ HOME: home, DOCKER_CONTEXT: 'far' })).toMatchObject({ port: 2376, tls });
    expect(await address({ HOME: home, DOCKER_CONTEXT: 'trusting' })).toMatchObject({
      port: 9,
      tls: { verify: false },
    });
    expect(await address({ HOME: home, DOCKER_CONTEXT: 'plain', DOCKER_CERT_PATH: '/c' })).not.toHaveProperty('tls');
  });

  it('is found through DOCKER_CONFIG before the home', async () => {
    expect(await contextOf({ HOME: '/nowhere', DOCKER_CONFIG: config })).toMatchObject({ name: 'near' });
    expect(await contextOf({ HOME: home, DOCKER_CONFIG: join(home, 'none') })).toBeUndefined();
  });

  it('is told to the docker command line by the name of its context, over DOCKER_HOST', async () => {
    const far = cliEnvironment(await address({ HOME: home, DOCKER_CONTEXT: 'far' }));
    expect(far).toEqual({ DOCKER_HOST: '', DOCKER_CONTEXT: 'far' });
  });

  it.each([
    ['gone', /The docker context "gone", which DOCKER_CONTEXT names, was not found: there is no \S+meta\.json/],
    ['shell', /^The host of the docker context shell is ssh:\/\/deploy@host, and engines behind ssh:\/\/ are not supp/],
    ['trusting', /No Docker engine answers at tcp:\/\/10\.0\.0\.1:9, as the docker context trusting says/],
  ])('is not answered by another one in its place: %s', async (name, sentence) => {
    if (name === 'trusting') await store(name, { Host: 'tcp://127.0.0.1:9', SkipTLSVerify: true });
    const said = await connectEngine({ HOME: home, DOCKER_CONTEXT: name }).catch((error: Error) => error.message);
    expect(String(said).replace('127.0.0.1', '10.0.0.1')).toMatch(sentence);
  });

  it('is not guessed from a configuration that cannot be read', async () => {
    const broken = join(home, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'config.json'), '{');
    await expect(contextOf({ DOCKER_CONFIG: broken })).rejects.toThrow(/config\.json decides which engine .* not JSON/);
    expect(await contextOf({ DOCKER_CONFIG: broken, DOCKER_CONTEXT: 'default' })).toBeUndefined();
  });
});
