import { mkdtempSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectEngine } from '../../src/engines/connect.js';
import type { Engine } from '../../src/engines/engine.js';
import { itNightly } from '../support/nightly.js';
import { onlyNightly } from '../support/tier.js';
import { connect, healthy, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';
import { type Place, removeScripts, scripted } from './scripted.js';

let engine: Engine;
let folder: string;
let v1: string;
let v2: string;

beforeAll(async () => {
  engine = await connectEngine(process.env);
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-bundles-'));
  v1 = await image({ example: 'octochat', version: 1 });
  v2 = await image({ example: 'octochat', version: 2 });
});
afterEach(() => removeContainers());
afterAll(async () => {
  await removeScripts();
  await removeImages();
  await rm(folder, { recursive: true, force: true });
});

async function bundleFor(container: string): Promise<string> {
  const at = join(mkdtempSync(join(folder, 'b-')), 'bundle.tar.gz');
  const { report, log } = await deployTo(container, { mode: 'plan', image: v2, 'bundle-path': at });
  expect(report.method, log).toBe('relup');
  return at;
}

test.each<Place>(['here', ...onlyNightly('bookworm' as const, 'trixie' as const)])(
  'a bundle is loaded with the docker CLI of %s: the connection and the state stay, and a restart boots it',
  async (place) => {
    const container = await start(v1);
    const bundle = await bundleFor(container.name);
    const client = await connect(await container.port(4040));
    await client.ask('PUT colour blue');
    const before = await container.inspect();
    const { run, own } = await scripted(engine, [container.name], { image: v2, soakMs: 500 }, { place });

    const ran = await run('hot', await own(bundle));
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await client.ask('PING')).toContain('0.2.0');
    expect(await client.ask('GET colour')).toContain('blue');
    expect(client.lost).toBe(false);
    client.close();
    expect((await container.inspect()).State.StartedAt).toBe(before.State.StartedAt);
    const status = await run('status');
    expect(status.stdout).toContain('release 0.2.0');

    // What it runs cannot be gone back from by the container before, and that is said.
    const refused = await run('rollback');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('upgraded hot');

    await docker('restart', container.name);
    await healthy(container);
    expect(await served(container)).toBe('0.2.0');
    // The second time there is nothing to do.
    const again = await run('hot', await own(bundle));
    expect(again, again.stderr).toMatchObject({ code: 0 });
  },
);

itNightly('a bundle for other code than what runs is refused, and nothing is left of it', async () => {
  const container = await start(v1);
  const bundle = await bundleFor(container.name);
  const other = await start(v2);
  await docker('exec', other.name, 'sh', '-c', 'true');
  const { run, own } = await scripted(engine, [other.name], { image: v2 });
  const already = await run('hot', await own(bundle));
  expect(already.stderr).toContain('runs 0.2.0 already');

  // Another module than the bundle starts from: patched by hand.
  const patched = await scripted(engine, [container.name], { image: v2 });
  await docker('exec', container.name, 'sh', '-c', `bin/octochat eval ':ok' >/dev/null; true`);
  await docker(
    ...['exec', container.name, '/app/bin/octochat', 'rpc'],
    'Code.compiler_options(ignore_module_conflict: true); Code.eval_string("defmodule Octochat.Render do def patched, do: 1 end")',
  );
  const ran = await patched.run('hot', await patched.own(bundle));
  expect(ran, ran.stderr).toMatchObject({ code: 1 });
  expect(ran.stderr).toContain('other code than the bundle starts from');
  expect(await docker('exec', container.name, 'ls', '/app/releases')).not.toContain('0.2.0');
});

test('a release that turns out sick is taken back by a hot downgrade: same VM, same connection', async () => {
  const container = await start(v1, [
    '--health-cmd',
    'test ! -e /app/releases/0.2.0/relup',
    '--health-interval',
    '300ms',
    '--health-retries',
    '1',
  ]);
  const bundle = await bundleFor(container.name);
  const client = await connect(await container.port(4040));
  const { run, own } = await scripted(engine, [container.name], { image: v2, soakMs: 60_000 });
  const ran = await run('hot', await own(bundle));
  expect(ran, ran.stderr).toMatchObject({ code: 3 });
  expect(await client.ask('PING')).toContain('0.1.0');
  expect(client.lost).toBe(false);
  client.close();
  expect(await docker('exec', container.name, 'ls', '/app/releases')).not.toContain('0.2.0');
});
