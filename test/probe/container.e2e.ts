import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Downtime } from '../../src/probe/downtime.js';
import { type RunningProbe, startProbe } from '../../src/probe/probe.js';
import { type ResolvedProbe, resolveProbe } from '../../src/probe/resolve.js';
import { parseProbe } from '../../src/probe/target.js';
import { systemClock } from '../../src/system/log.js';
import { openWorkbench, type Workbench } from '../engines/workbench.js';

/** Takes a second to boot, then answers HTTP one by one; what it listens on is there from the start of the container. */
const SERVER = `
  use IO::Socket::INET;
  $SIG{TERM} = sub { exit 0 };
  sleep 1;
  my $server = IO::Socket::INET->new(LocalPort => 4000, Listen => 128, ReuseAddr => 1) or die;
  open(my $up, ">", "/tmp/up");
  while (my $client = $server->accept) {
    sysread($client, my $request, 4096);
    print $client "HTTP/1.1 200 OK\\r\\ncontent-length: 4\\r\\nconnection: close\\r\\n\\r\\nwell" if $request;
    close $client;
  }
`;

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.clear());

function serve(name: string, ...words: readonly string[]): Promise<ContainerDetails> {
  return bench.run(name, ...words, 'debian:bookworm-slim', 'perl', '-e', SERVER);
}

function resolved(text: string, container: ContainerDetails): ResolvedProbe {
  return resolveProbe(parseProbe(text), container, bench.engine.host);
}

function probe(text: string, container: ContainerDetails): RunningProbe {
  return startProbe(resolved(text, container), { clock: systemClock, engine: bench.engine });
}

/** What is measured while a container that served is stopped and started again, and how long Docker took for it. */
async function restarted(text: string, container: ContainerDetails): Promise<Downtime & { readonly dockerMs: number }> {
  const running = probe(text, container);
  await sleep(1500);
  const begin = performance.now();
  await bench.docker('restart', container.Id);
  const dockerMs = performance.now() - begin;
  // A port that Docker chose is another one now, and so may be the container's own address.
  running.retarget(resolved(text, await bench.engine.inspectContainer(container.Id)));
  await sleep(4000);
  const { downtime } = await running.stop();
  expect(running.failingSince()).toBeUndefined();
  return { ...downtime, dockerMs };
}

describe('a container is seen from outside', () => {
  // Docker's proxy listens as soon as the container is there: without a second look, tcp would miss the whole boot.
  it.each([
    ['http', 'http://{container}:4000/'],
    ['tcp', 'tcp://{container}:4000'],
  ])('in a restart through a published port, boot and all, by %s', async (name, text) => {
    const container = await serve(name, '--publish', '127.0.0.1::4000');
    await sleep(2000);
    const { ms, failed, dockerMs } = await restarted(text, container);
    expect(failed).toBeGreaterThan(20);
    // The server boots for a second after Docker has called it started.
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(dockerMs + 2500);
  });

  it('in a restart at its own address, where nothing is published', async () => {
    const container = await serve('own');
    await sleep(2000);
    expect((await restarted('http://{container}:4000/', container)).ms).toBeGreaterThan(900);
  });

  it('by a command that runs in the container', async () => {
    const container = await serve('exec');
    const running = probe('exec:test -e /tmp/up || exit 7', container);
    await sleep(4000);
    const { downtime } = await running.stop();
    expect(running.samples[0]?.failure).toBe('exit code 7');
    expect(running.samples.at(-1)?.failure).toBeUndefined();
    expect(downtime.ms).toBeGreaterThan(400);
  });

  it("by the image's own health check", async () => {
    const check = ['--health-cmd', 'test -e /tmp/up', '--health-interval', '1s', '--health-start-period', '1s'];
    const container = await serve('health', ...check);
    const running = probe('docker', container);
    await sleep(4000);
    const { downtime } = await running.stop();
    expect(running.samples[0]?.failure).toBe('starting');
    expect(running.samples.at(-1)?.failure).toBeUndefined();
    expect(downtime.ms).toBeGreaterThan(400);
  });
});
