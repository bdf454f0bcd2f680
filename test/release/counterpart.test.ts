import { expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine.js';
import { type Counterpart, counterpart } from '../../src/release/counterpart.js';
import type { ImageRelease } from '../../src/release/release.js';
import { started, type Toolbox } from '../../src/release/toolbox.js';
import { once } from '../../src/system/once.js';
import { image } from '../engines/created.js';

type Place = { readonly root: string; readonly name: string };

/** Whom an image with these releases has for one that runs; the first one is what its own command starts. */
async function chosen(
  held: readonly [Place, ...Place[]],
  wanted: { readonly names: readonly string[]; readonly root?: string },
): Promise<string> {
  const workshop = {
    releases: async () => held,
    at: async (root: string) => ({ root }),
  } as unknown as Toolbox;
  const read = once<Counterpart>();
  const found = await counterpart(
    { engine: {} as Engine, workshop, next: held[0] as ImageRelease },
    wanted,
    // What would be read of the image is what stands there.
    (root) => read(root, async () => ({ workshop, next: held.find((each) => each.root === root) as ImageRelease })),
  );
  return `${found.next.name} in ${found.next.root}`;
}

const [web, worker] = [
  { root: '/opt/web', name: 'web' },
  { root: '/opt/worker', name: 'worker' },
];

it('of several releases in an image each takes the place of its own', async () => {
  expect(await chosen([web, worker], { names: ['web'], root: '/opt/web' })).toBe('web in /opt/web');
  expect(await chosen([web, worker], { names: ['worker'], root: '/opt/worker' })).toBe('worker in /opt/worker');
});

it('one that moved is known by its name, and one whose name is unknown by its directory', async () => {
  expect(await chosen([web, worker], { names: ['worker'], root: '/app' })).toBe('worker in /opt/worker');
  expect(await chosen([web, worker], { names: ['web'], root: '/app' })).toBe('web in /opt/web');
  expect(await chosen([web, worker], { names: [], root: '/opt/worker' })).toBe('worker in /opt/worker');
  expect(await chosen([web, worker], { names: [] })).toBe('web in /opt/web');
});

it('two of one name are told apart by their directories', async () => {
  const blue = { root: '/opt/blue', name: 'web' };
  expect(await chosen([web, blue], { names: ['web'], root: '/opt/blue' })).toBe('web in /opt/blue');
});

it('what the image does not hold has the one that it starts for a counterpart', async () => {
  expect(await chosen([web], { names: ['mail'], root: '/app' })).toBe('web in /opt/web');
});

it.each([
  [{ Cmd: ['web/bin/web', 'start'], WorkingDir: '/opt' }, ['/opt/web', '/opt']],
  [{ Cmd: ['bin/shop', 'start'], WorkingDir: '/app' }, ['/app']],
  [{ Cmd: ['/srv/shop/bin/shop', 'foreground'] }, ['/srv/shop', '/app']],
  [{ Entrypoint: ['tini', '--'], Cmd: ['sh', '-c', 'exec /srv/a/bin/a start'] }, ['/srv/a', '/app']],
  [{ Entrypoint: ['/usr/bin/dumb-init', '/app/bin/a'] }, ['/usr', '/app']],
  [{}, ['/app']],
])('the command %j starts a release in one of %j', (config, expected) => {
  expect(started(image(config))).toEqual(expected);
});
