import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/log.js';
import { rememberedLookup } from '../../src/probe/lookup.js';
import { startProbe } from '../../src/probe/probe.js';

describe('a name', () => {
  it('is found by one and by all of its addresses, again and again', async () => {
    const lookup = rememberedLookup(systemClock);
    const one = () =>
      new Promise((resolve) => lookup('localhost', {}, (error, address, family) => resolve([error, address, family])));
    const all = () =>
      new Promise((resolve) => lookup('localhost', { all: true }, (_, addresses) => resolve(addresses)));
    expect([
      [null, '127.0.0.1', 4],
      [null, '::1', 6],
    ]).toContainEqual(await one());
    expect(await one()).toEqual(await one());
    expect(await all()).toContainEqual({ address: expect.any(String), family: expect.any(Number) });
  });

  it('that does not exist is an error every time, and not remembered', async () => {
    const lookup = rememberedLookup(systemClock);
    const look = () => new Promise((resolve) => lookup('nowhere.invalid', {}, (error) => resolve(error?.code)));
    expect(await look()).toMatch(/^E/);
    expect(await look()).toMatch(/^E/);
  });

  it('that also stands for an address where nobody listens still reaches the one that does', async () => {
    const server = createServer((_, response) => response.end('well'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const probe = startProbe({ kind: 'http', host: 'localhost', port, path: '/' }, { clock: systemClock });
    await systemClock.sleep(100);
    const { downtime } = await probe.stop();
    server.close();
    expect(downtime.failed).toBe(0);
    expect(downtime.requests).toBeGreaterThan(0);
  });
});
