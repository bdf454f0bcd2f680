/** Where an engine listens, as `DOCKER_HOST` and its companions say. */
export type Address =
  | { readonly by: 'unix'; readonly text: string; readonly path: string }
  | {
      readonly by: 'tcp';
      readonly text: string;
      readonly host: string;
      readonly port: number;
      /** The folder with ca.pem, cert.pem and key.pem; absent where the connection is not encrypted. */
      readonly certificates?: string;
    };

const defaultSocket = '/var/run/docker.sock';

/** @throws Error with one sentence that names what was given and what is allowed */
export function addressOf(environment: NodeJS.ProcessEnv): Address {
  const text = environment['DOCKER_HOST'] ?? '';
  if (text === '') {
    refuseContext(environment['DOCKER_CONTEXT']);
    return { by: 'unix', text: `unix://${defaultSocket}`, path: defaultSocket };
  }
  if (text.startsWith('unix://')) return { by: 'unix', text, path: text.slice('unix://'.length) || defaultSocket };
  if (text.startsWith('ssh://')) {
    throw new Error(`DOCKER_HOST is ${text}, and engines behind ssh:// are not supported yet: use unix:// or tcp://.`);
  }
  if (text.startsWith('tcp://')) return tcp(text, environment);
  throw new Error(`DOCKER_HOST is ${text}. Allowed: unix:///PATH, tcp://HOST:PORT.`);
}

/** The docker CLI would go to the context's engine, so going to the default one would deploy to another machine. */
function refuseContext(context: string | undefined): void {
  if (context === undefined || context === '' || context === 'default') return;
  throw new Error(
    `DOCKER_CONTEXT is ${context}, and contexts are not read: set DOCKER_HOST to what ` +
      `\`docker context inspect ${context} --format '{{.Endpoints.docker.Host}}'\` prints.`,
  );
}

function tcp(text: string, environment: NodeJS.ProcessEnv): Address {
  const address = text.replace(/^tcp:/, 'http:');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.pathname !== '/' || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(
      'DOCKER_HOST is no address of the form tcp://HOST:PORT: it needs a host and a port, and nothing else.',
    );
  }
  const certificates = certificateFolder(environment);
  // The URL leaves out a port of 80, since that is HTTP's own.
  const given = /:80\/?$/.test(text) ? 80 : Number(url.port);
  return {
    by: 'tcp',
    text,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: given || (certificates === undefined ? 2375 : 2376),
    ...(certificates === undefined ? {} : { certificates }),
  };
}

/**
 * The CLI encrypts only where DOCKER_TLS_VERIFY is set, Docker's Go library also where only DOCKER_CERT_PATH is, and then
 * without looking at the server's certificate. Whoever gives certificates wants them used, so here both mean: verified.
 */
function certificateFolder(environment: NodeJS.ProcessEnv): string | undefined {
  const folder = environment['DOCKER_CERT_PATH'] ?? '';
  if (folder !== '') return folder;
  return (environment['DOCKER_TLS_VERIFY'] ?? '') === '' ? undefined : `${environment['HOME'] ?? ''}/.docker`;
}

/** What makes the docker CLI talk to the same engine: DOCKER_HOST goes before every context. */
export function cliEnvironment(address: Address): Readonly<Record<string, string>> {
  const host = { DOCKER_HOST: address.text };
  if (address.by === 'unix' || address.certificates === undefined) return host;
  return { ...host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: address.certificates };
}
