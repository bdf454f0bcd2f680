import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAnything } from '../system/shape.js';
import { type Address, addressOf, cliEnvironment } from './address.js';
import { archiveCalls } from './archive.js';
import { caller, EngineError, reasonOf, statusOf } from './call.js';
import { containerCalls } from './containers.js';
import { contextOf } from './context.js';
import type { Engine } from './engine.js';
import { execCall } from './exec.js';
import { imageCalls } from './images.js';
import { networkCalls } from './networks.js';
import { fields } from './overrides.js';
import { read, type Transport } from './request.js';

const oldestApi = '1.41';
/** Spoken even where the engine knows a newer one: what this was run against, and what engines of today still answer. */
const newestApi = '1.45';
const answersWithinMs = 5_000;

/** @throws Error with one sentence that says why there is no engine and what to do */
export async function connectEngine(environment: NodeJS.ProcessEnv): Promise<Engine> {
  const address = addressOf(environment, await contextOf(environment));
  const transport = await transportTo(address);
  const api = lower(await apiOf(address, transport), newestApi);
  const docker = { ...transport, version: `/v${api}` };
  const call = caller(address.text);
  return {
    address: address.text,
    host: address.by === 'unix' ? '127.0.0.1' : address.host,
    cliEnvironment: cliEnvironment(address),
    ...containerCalls(docker, call),
    ...networkCalls(docker, call),
    ...archiveCalls(docker, call),
    ...imageCalls(docker, call),
    exec: execCall(docker, call),
  };
}

async function transportTo(address: Address): Promise<Transport> {
  if (address.by === 'unix') return { secure: false, options: { socketPath: address.path }, version: '' };
  const { host, port, tls, context } = address;
  if (tls === undefined) return { secure: false, options: { host, port }, version: '' };
  // One after another, so that of several that are missing it is always the first which is named.
  const read = context === undefined ? certificate : certificateIfAny;
  const ca = await read(tls.certificates, 'ca.pem');
  const cert = await read(tls.certificates, 'cert.pem');
  const key = await read(tls.certificates, 'key.pem');
  return { secure: true, options: { host, port, ca, cert, key, rejectUnauthorized: tls.verify }, version: '' };
}

async function certificateIfAny(folder: string, name: string): Promise<Buffer | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.includes(name) ? await certificate(folder, name) : undefined;
}

async function certificate(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new Error(
      `${join(folder, name)} cannot be read: put ca.pem, cert.pem and key.pem in one folder and set DOCKER_CERT_PATH to it.`,
      { cause },
    );
  }
}

async function apiOf(address: Address, transport: Transport): Promise<string> {
  const ofContext = address.context === undefined ? '' : `, as the docker context ${address.context} says`;
  const version = await caller(address.text)(
    'answer',
    (abortSignal) => read(transport, { path: ['version'] }, abortSignal, isAnything),
    { timeoutMs: answersWithinMs },
  ).catch((error: unknown) => {
    throw new EngineError(`No Docker engine answers at ${address.text}${ofContext}: ${advice(error, address)}.`, {
      cause: error,
      status: statusOf(error),
    });
  });
  const api = fields(version)['ApiVersion'];
  if (typeof api !== 'string' || !/^\d+\.\d+$/.test(api)) {
    throw new Error(`What answers at ${address.text} is no Docker engine: set DOCKER_HOST to one.`);
  }
  if (lower(api, oldestApi) !== oldestApi) {
    throw new Error(
      `The engine at ${address.text} speaks Docker's API ${api}, and ${oldestApi} is needed: update it to Docker 20.10 or later.`,
    );
  }
  return api;
}

/** The lower of two API versions; 1.9 is lower than 1.41. */
function lower(one: string, other: string): string {
  const minor = (version: string) => version.split('.').map(Number) as [number, number];
  const [a, b] = [minor(one), minor(other)];
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? one : other;
}

function advice(error: unknown, address: Address): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket; start Docker, or set DOCKER_HOST to where it listens';
    case 'EACCES':
      return "this user may not open the socket; add the user to the socket's group, which mostly is docker";
    case 'ECONNREFUSED':
      return 'nothing listens there; start Docker, or set DOCKER_HOST to where it listens';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host is not known; check ${said(address)}`;
    default:
      return sentence(cause, address);
  }
}

function sentence(cause: unknown, address: Address): string {
  const { context } = address;
  const words = reasonOf(cause);
  const update = `docker context update ${context} --docker`;
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return `it did not answer within ${answersWithinMs / 1000} s; look at its log and at the network between`;
  }
  if (/HTTP request to an HTTPS server/i.test(words)) {
    return context === undefined
      ? 'it wants TLS; set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH'
      : `it wants TLS; ${update} host=${address.text},ca=FILE,cert=FILE,key=FILE`;
  }
  if (/wrong version number/i.test(words)) {
    return context === undefined
      ? 'it does not speak TLS; unset DOCKER_TLS_VERIFY and DOCKER_CERT_PATH'
      : `it does not speak TLS; ${update} host=${address.text}`;
  }
  if (/certificate|self-signed|altname/i.test(words)) {
    return `the certificates do not fit (${words}); check what is in ${context === undefined ? 'DOCKER_CERT_PATH' : said(address)}`;
  }
  return `${words}; check ${said(address)}`;
}

function said({ context }: Address): string {
  return context === undefined ? 'DOCKER_HOST' : `the docker context ${context}`;
}
