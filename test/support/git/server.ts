import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of repositories, as GitHub is one, on this machine. */
export interface GitServer {
  /** Without a slash at its end. */
  readonly url: string;
  /** What each request brought as `Authorization`. */
  readonly authorizations: readonly (string | undefined)[];
  close(): Promise<void>;
}

const { PATH = '' } = process.env;

/**
 * @param root the folder with the repositories: `/acme/shop` of the server is `acme/shop.git` in it
 * @param token without which it gives nothing
 * @param moved the server to which it then sends everybody
 */
export async function startGitServer(root: string, token?: string, moved?: string): Promise<GitServer> {
  const authorizations: (string | undefined)[] = [];
  const wanted = `Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    authorizations.push(authorization);
    if (token !== undefined && authorization !== wanted) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end();
    } else if (moved !== undefined) {
      response.writeHead(302, { Location: `${moved}${request.url}` }).end();
    } else void answer(root, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authorizations,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '', 'http://server');
  const [, repository = '', rest = ''] = /^(\/[^/]+\/[^/]+?)(?:\.git)?(\/.*)$/.exec(pathname) ?? [];
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...{ PATH, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
      ...{ PATH_INFO: `${repository}.git${rest}`, QUERY_STRING: search.slice(1) },
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
    },
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  for await (const chunk of backend.stdout) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const end = whole.indexOf('\r\n\r\n');
  const headers = whole
    .subarray(0, end)
    .toString()
    .split('\r\n')
    .map((line) => line.split(': ') as [string, string]);
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  response.end(whole.subarray(end + 4));
}
