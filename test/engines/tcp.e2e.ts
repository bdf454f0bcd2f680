import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../src/engines/address.js';
import { connectEngine } from '../../src/engines/connect.js';
import { openWorkbench, type Workbench } from './workbench.js';

let bench: Workbench;
let folder: string;
let plain: Server;
let tls: Server;

const engineSocket = () => {
  const address = addressOf(process.env);
  if (address.by !== 'unix') throw new Error('these tests put themselves before an engine at a unix socket');
  return connect({ path: address.path, allowHalfOpen: true });
};

/** What a reverse proxy before the engine does, half-closed connections and all. */
function forward(client: Socket): void {
  const engine = engineSocket();
  client.pipe(engine).pipe(client);
  for (const side of [client, engine]) side.on('error', () => [client, engine].map((one) => one.destroy()));
}

const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
const at = (server: Server) => `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  bench = await openWorkbench();
  folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  const openssl = (...words: string[]) => promisify(execFile)('openssl', words, { cwd: folder });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=ca', '-days', '2');
  await writeFile(join(folder, 'san'), 'subjectAltName=IP:127.0.0.1');
  for (const [name, file] of [
    ['server', 'server'],
    ['client', 'cert'],
  ]) {
    await openssl('req', ...key, '-keyout', `${name}-key.pem`, '-out', 'request', '-subj', `/CN=${name}`);
    const sign = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
    await openssl('x509', '-req', '-in', 'request', ...sign, '-out', `${file}.pem`);
  }
  await writeFile(join(folder, 'key.pem'), await readFile(join(folder, 'client-key.pem')));
  const [ca, cert, serverKey] = await Promise.all(
    ['ca.pem', 'server.pem', 'server-key.pem'].map((name) => readFile(join(folder, name))),
  );
  plain = await listen(createTcpServer({ allowHalfOpen: true }, forward));
  const options = { ca, cert, key: serverKey, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true };
  tls = await listen(createTlsServer(options, forward));
});
afterAll(async () => {
  plain?.close();
  tls?.close();
  if (folder) await rm(folder, { recursive: true });
  await bench?.clear();
});

describe('an engine at a TCP address', () => {
  it.each(['in the clear', 'with TLS and a client certificate'])('%s', async (how) => {
    const secret = how !== 'in the clear';
    const environment = secret
      ? { DOCKER_HOST: at(tls), DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }
      : { DOCKER_HOST: at(plain) };
    const engine = await connectEngine(environment);
    expect(engine).toMatchObject({ address: environment.DOCKER_HOST, host: '127.0.0.1', cliEnvironment: environment });
    const { Id: id } = await bench.run(secret ? 'tls' : 'tcp', 'debian:bookworm-slim', 'sleep', 'infinity');
    const stdin = Buffer.alloc(3_000_000, 'x');
    const { stdout, exitCode } = await engine.exec(id, { argv: ['sh', '-c', 'cat; exit 5'], stdin, timeoutMs: 20_000 });
    expect([stdout.equals(stdin), exitCode]).toEqual([true, 5]);
    expect((await engine.getArchive(id, '/etc/passwd', 1_048_576))?.toString()).toContain('root:');
  });

  it.each(['the one in use', 'one without verification'])(
    'is found by a context of the docker CLI: %s',
    async (which) => {
      const verified = which === 'the one in use';
      const config = join(folder, which.replaceAll(' ', '-'));
      const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], DOCKER_CONFIG: config };
      const docker = async (env: NodeJS.ProcessEnv, ...words: string[]) =>
        (await promisify(execFile)('docker', words, { env })).stdout.trim();
      const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
      const trust = verified ? `ca=${join(folder, 'ca.pem')}` : 'skip-tls-verify=true';
      await docker(
        environment,
        'context',
        'create',
        'far',
        '--docker',
        `host=${at(tls)},${trust},cert=${cert},key=${key}`,
      );
      if (verified) await docker(environment, 'context', 'use', 'far');
      const engine = await connectEngine(verified ? environment : { ...environment, DOCKER_CONTEXT: 'far' });
      expect(engine.address).toBe(at(tls));
      const { Id: id } = await bench.run(`context-${verified}`, 'debian:bookworm-slim', 'true');
      expect((await engine.containers()).map((each) => each.id)).toContain(id);
      const told = { ...environment, DOCKER_HOST: at(plain), ...engine.cliEnvironment };
      expect(await docker(told, 'context', 'show')).toBe('far');
      expect(await docker(told, 'ps', '--all', '--quiet', '--no-trunc')).toContain(id);
    },
  );

  it('that wants TLS, or does not speak it, or has other certificates, says so', async () => {
    await expect(connectEngine({ DOCKER_HOST: at(plain), DOCKER_CERT_PATH: folder })).rejects.toThrow(
      'it does not speak TLS; unset',
    );
    await expect(connectEngine({ DOCKER_HOST: at(tls) })).rejects.toThrow(/No Docker engine answers/);
    await writeFile(join(folder, 'ca.pem'), await readFile(join(folder, 'cert.pem')));
    await expect(connectEngine({ DOCKER_HOST: at(tls), DOCKER_CERT_PATH: folder })).rejects.toThrow(
      'the certificates do not fit',
    );
  });
});
