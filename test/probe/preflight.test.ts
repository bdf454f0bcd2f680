import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { unansweredBefore } from '../../src/rollout/unanswered.js';
import { read } from '../support/inputs/reading.js';

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serving(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return (server.address() as AddressInfo).port;
}

/** Time passes by sleeping, so that nobody waits for a second try. */
function clock() {
  let now = 0;
  return {
    now: () => now,
    date: () => now,
    sleep: async (ms: number) => {
      now += 5 * ms;
    },
  };
}

const container = (port: number, state: object = {}) =>
  ({
    ...{ Id: 'c0', Name: '/web-1', RestartCount: 0, HostConfig: {}, Config: { Labels: {} } },
    State: { Running: true, Restarting: false, Paused: false, ...state },
    NetworkSettings: { Ports: { '4000/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] }, Networks: {} },
  }) as unknown as ContainerDetails;

const ask = async (its: ContainerDetails, probe = 'http://{container}:4000/health') =>
  await unansweredBefore(
    { engine: { host: '127.0.0.1' } as Engine, clock: clock() },
    read({ containers: 'web-1', probe }),
    [its],
  );

it('a container that answers is not told of, also if it does so only the second time', async () => {
  let asked = 0;
  const port = await serving((_, response) => void response.writeHead(++asked > 1 ? 200 : 503).end());
  expect(await ask(container(port))).toEqual([]);
  expect(asked).toBe(2);
});

it('one that does not is, with what was asked and what came back', async () => {
  const port = await serving((_, response) => void response.writeHead(500).end());
  const asked = `http://127.0.0.1:${port}/health`;
  expect(await ask(container(port))).toEqual([{ name: 'web-1', asked, got: 'status 500' }]);
});

it('nobody listens, nothing is published, and nothing comes back: each is said', async () => {
  const port = await serving(() => undefined);
  expect(await ask(container(1))).toMatchObject([{ got: 'connection refused' }]);
  expect(await ask(container(port))).toMatchObject([{ got: 'timed out after 1 s' }]);
  expect(await ask(container(1), 'tcp://{container}:5000')).toMatchObject([
    { got: expect.stringContaining('not published') },
  ]);
});

it('one that does not run, or is asked nothing, is left to others', async () => {
  expect(await ask(container(1, { Running: false }))).toEqual([]);
  expect(await ask(container(1, { Restarting: true }))).toEqual([]);
  expect(await ask(container(1), 'none')).toEqual([]);
});
