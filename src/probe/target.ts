/** What is asked, as the user wrote it. `{container}` as the host stands for each container's own address. */
export type ProbeTarget =
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'exec'; readonly command: string }
  | { readonly kind: 'docker' };

/** The host that is replaced by where each container is reached. */
export const CONTAINER = '{container}';

export class InvalidProbe extends Error {
  override readonly name = 'InvalidProbe';

  constructor(text: string, problem: string) {
    super(
      `probe '${text}' ${problem}; allowed are http://HOST[:PORT][/PATH], tcp://HOST:PORT, exec:COMMAND and docker, ` +
        `where HOST may be ${CONTAINER}`,
    );
  }
}

/** @throws InvalidProbe naming what was given and what is allowed */
export function parseProbe(text: string): ProbeTarget {
  const given = text.trim();
  if (given === 'docker') return { kind: 'docker' };
  if (given.startsWith('exec:')) return parseExec(given);
  if (given.startsWith('http://')) return parseHttp(given);
  if (given.startsWith('tcp://')) return parseTcp(given);
  // A handshake with every request would measure the cipher more than the service.
  if (given.startsWith('https://')) throw new InvalidProbe(given, 'asks for TLS, which is not measured');
  throw new InvalidProbe(given, 'is of no known kind');
}

function parseExec(given: string): ProbeTarget {
  const command = given.slice('exec:'.length).trim();
  if (command === '') throw new InvalidProbe(given, 'has no command');
  if (command.includes(CONTAINER)) {
    throw new InvalidProbe(
      given,
      `runs inside the container, where nothing replaces ${CONTAINER}: localhost is meant there`,
    );
  }
  return { kind: 'exec', command };
}

function parseHttp(given: string): ProbeTarget {
  const url = parseUrl(given);
  if (given.replace(/^http:\/\/[^/]*/, '').includes(CONTAINER)) {
    throw new InvalidProbe(given, `has ${CONTAINER} after its host, where nothing replaces it`);
  }
  if (url.username !== '' || url.password !== '')
    throw new InvalidProbe(given.replace(/\/\/.*@/, '//***@'), 'has a user');
  return { kind: 'http', host: host(url), port: Number(url.port || '80'), path: url.pathname + url.search };
}

function parseTcp(given: string): ProbeTarget {
  const url = parseUrl(given.replace(/^tcp:/, 'http:'), given);
  if (!/:\d+$/.test(given)) throw new InvalidProbe(given, 'has no port, or something after it');
  // The URL leaves out a port of 80, since that is HTTP's own.
  return { kind: 'tcp', host: host(url), port: Number(url.port || '80') };
}

function parseUrl(url: string, given = url): URL {
  if (!URL.canParse(url)) throw new InvalidProbe(given, 'is no address');
  const parsed = new URL(url);
  // Whatever else stands in braces would be asked as a name, and never answer.
  if (/[{}]|%7b|%7d/i.test(parsed.hostname) && parsed.hostname !== CONTAINER) {
    throw new InvalidProbe(given, `has the host ${parsed.hostname}, and only ${CONTAINER} is replaced by an address`);
  }
  if (parsed.port === '0') throw new InvalidProbe(given, 'has no usable port');
  return parsed;
}

/** An IPv6 address without the brackets it has in a URL. */
function host(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
