import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { rememberedLookup } from '../../src/probe/lookup.js';
import { startProbe } from '../../src/probe/probe.js';
import { systemClock } from '../../src/system/log.js';

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

  it('is looked up once for many requests, and now and then again beside them', async () => {
    const { find, looked, pass } = scripted(['10.0.0.1', '10.0.0.2']);
    expect(await Promise.all([find(), find(), find()])).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1']);
    expect(looked()).toBe(1);
    pass(5000);
    expect(await find()).toBe('10.0.0.1');
    expect(await find()).toBe('10.0.0.2');
    expect(looked()).toBe(2);
  });

  it('keeps its addresses while the name server is out', async () => {
    const { find, pass } = scripted(['10.0.0.1', undefined]);
    expect(await find()).toBe('10.0.0.1');
    pass(5000);
    expect(await find()).toBe('10.0.0.1');
    expect(await find()).toBe('10.0.0.1');
  });

  it('that was not found is looked up anew by the next request', async () => {
    const { find } = scripted([undefined, '10.0.0.1']);
    await expect(find()).rejects.toThrow('ENOTFOUND');
    expect(await find()).toBe('10.0.0.1');
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

/** A name server with these answers, one after the other; undefined is none. */
function scripted(answers: (string | undefined)[]) {
  let now = 0;
  let looked = 0;
  const clock = { ...systemClock, now: () => now };
  const lookup = rememberedLookup(clock, async () => {
    const address = answers[looked++];
    if (address === undefined) throw new Error('ENOTFOUND');
    return [{ address, family: 4 }];
  });
  return {
    find: () =>
      new Promise((resolve, reject) =>
        lookup('app', {}, (error, address) => (error ? reject(error) : resolve(address))),
      ),
    looked: () => looked,
    pass: (ms: number) => {
      now += ms;
    },
  };
}
