import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { caller } from '../../src/engines/call.js';
import { connectEngine } from '../../src/engines/connect.js';

const open: { server: Server; folder: string }[] = [];
afterEach(async () => {
  for (const { server, folder } of open.splice(0)) {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});

/** Something that listens where an engine would, and the environment that points at it. */
async function listening(answer: RequestListener): Promise<{ DOCKER_HOST: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const server = createServer(answer);
  open.push({ server, folder });
  await new Promise<void>((resolve) => server.listen(join(folder, 'd.sock'), resolve));
  return { DOCKER_HOST: `unix://${folder}/d.sock` };
}

const version = (api: string): RequestListener => {
  return (_, response) => response.end(JSON.stringify({ ApiVersion: api, Version: '99' }));
};

describe('an engine', () => {
  it.each([
    ['1.41', '/v1.41/containers/json?all=true'],
    ['1.44', '/v1.44/containers/json?all=true'],
    ['1.99', '/v1.45/containers/json?all=true'],
  ])('that speaks %s is asked %s', async (api, path) => {
    const asked: (string | undefined)[] = [];
    const engine = await connectEngine(
      await listening((request, response) => {
        asked.push(request.url);
        if (request.url === '/version') version(api)(request, response);
        else response.end('[]');
      }),
    );
    expect(await engine.containers()).toEqual([]);
    expect(asked).toEqual(['/version', path]);
  });

  it.each(['1.40', '1.9', '0.99'])('that speaks only %s is too old', async (api) => {
    await expect(connectEngine(await listening(version(api)))).rejects.toThrow(
      `speaks Docker's API ${api}, and 1.41 is needed: update it to Docker 20.10 or later.`,
    );
  });

  it('that does not answer, or begins to and stops, is given up after five seconds', async () => {
    const since = performance.now();
    const silent = await listening(() => undefined);
    const stalling = await listening((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{');
    });
    const given = [silent, stalling].map((environment) =>
      expect(connectEngine(environment)).rejects.toThrow('it did not answer within 5 s'),
    );
    await Promise.all(given);
    expect(performance.now() - since).toBeLessThan(6_000);
  }, 10_000);

  it('that is none is called so', async () => {
    await expect(connectEngine(await listening((_, response) => response.end('<html>')))).rejects.toThrow(
      'is no Docker engine',
    );
  });

  it('that cannot do it says so in its own words, once', async () => {
    const environment = await listening((_, response) => response.writeHead(500).end('{"message":"disk is full."}'));
    await expect(connectEngine(environment)).rejects.toThrow(/: disk is full; check DOCKER_HOST\.$/);
  });

  it('with certificates that are not there names the file', async () => {
    const environment = { DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_CERT_PATH: '/no/such' };
    await expect(connectEngine(environment)).rejects.toThrow(
      '/no/such/ca.pem cannot be read: put ca.pem, cert.pem and key.pem',
    );
  });
});

describe('a call', () => {
  const call = caller('unix:///d.sock');

  it('that takes too long says that its outcome is unknown, though its request cannot be aborted', async () => {
    const never = call('stop container web', () => new Promise(() => undefined), { timeoutMs: 30 });
    await expect(never).rejects.toThrow(
      'The engine at unix:///d.sock did not stop container web within 0.03 s, and may still do so',
    );
  });

  it('keeps the cause', async () => {
    const cause = Object.assign(new Error(' no space - left. '), { statusCode: 500 });
    const failed = call('start container web', () => Promise.reject(cause));
    await expect(failed).rejects.toMatchObject({
      message: 'The engine at unix:///d.sock could not start container web: no space - left (status 500).',
      status: 500,
      cause,
    });
  });
});
