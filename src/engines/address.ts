import { type Context, configFolder } from './context.js';

/** Where the engine listens that the docker CLI would ask, as `DOCKER_HOST` and its companions or a context say. */
export type Address = {
  readonly text: string;
  /** The docker CLI's context that says so. */
  readonly context?: string;
} & (
  | { readonly by: 'unix'; readonly path: string }
  | {
      readonly by: 'tcp';
      readonly host: string;
      readonly port: number;
      /** Absent where the connection is not encrypted. */
      readonly tls?: Tls;
    }
);

export interface Tls {
  /** The folder with ca.pem, cert.pem and key.pem. Only that of a context may lack some of them. */
  readonly certificates: string;
  /** Whether the server's certificate is looked at. */
  readonly verify: boolean;
}

const defaultSocket = '/var/run/docker.sock';

/**
 * @param context the one that counts, if any: see `contextOf`
 * @throws Error with one sentence that names what was given and what is allowed
 */
export function addressOf(environment: NodeJS.ProcessEnv, context?: Context): Address {
  const named = context && { context: context.name };
  const what = context === undefined ? 'DOCKER_HOST' : `The host of the docker context ${context.name}`;
  const text = (context === undefined ? environment['DOCKER_HOST'] : context.host) || `unix://${defaultSocket}`;
  if (text.startsWith('unix://')) {
    return { by: 'unix', text, path: text.slice('unix://'.length) || defaultSocket, ...named };
  }
  if (text.startsWith('ssh://')) {
    throw new Error(`${what} is ${text}, and engines behind ssh:// are not supported yet: use unix:// or tcp://.`);
  }
  if (!text.startsWith('tcp://')) throw new Error(`${what} is ${text}. Allowed: unix:///PATH, tcp://HOST:PORT.`);
  const tls = context === undefined ? environmentTls(environment) : contextTls(context);
  return { by: 'tcp', text, ...tcp(text, what, tls), ...named };
}

function tcp(
  text: string,
  what: string,
  tls: Tls | undefined,
): { readonly host: string; readonly port: number; readonly tls?: Tls } {
  const address = text.replace(/^tcp:/, 'http:');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.pathname !== '/' || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(`${what} is no address of the form tcp://HOST:PORT: it needs a host and a port, and nothing else.`);
  }
  // The URL leaves out a port of 80, since that is HTTP's own.
  const given = /:80\/?$/.test(text) ? 80 : Number(url.port);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: given || (tls === undefined ? 2375 : 2376),
    ...(tls && { tls }),
  };
}

/**
 * The CLI encrypts only where DOCKER_TLS_VERIFY is set, Docker's Go library also where only DOCKER_CERT_PATH is, and then
 * without looking at the server's certificate. Whoever gives certificates wants them used, so here both mean: verified.
 */
function environmentTls(environment: NodeJS.ProcessEnv): Tls | undefined {
  const folder = environment['DOCKER_CERT_PATH'] ?? '';
  if (folder !== '') return { certificates: folder, verify: true };
  if ((environment['DOCKER_TLS_VERIFY'] ?? '') === '') return undefined;
  return { certificates: configFolder(environment), verify: true };
}

/** A context says by what it holds whether its connection is encrypted. */
function contextTls({ certificates, secure, skipVerify }: Context): Tls | undefined {
  return secure || skipVerify ? { certificates, verify: !skipVerify } : undefined;
}

/** What makes the docker CLI talk to the same engine: DOCKER_HOST goes before every context. */
export function cliEnvironment(address: Address): Readonly<Record<string, string>> {
  // By its name, since only a context can leave out a certificate or its verification.
  if (address.context !== undefined) return { DOCKER_HOST: '', DOCKER_CONTEXT: address.context };
  const host = { DOCKER_HOST: address.text };
  if (address.by === 'unix' || address.tls === undefined) return host;
  return { ...host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: address.tls.certificates };
}
