import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { connectEngine } from '../../src/engines/connect.js';
import type { ContainerDetails, ImageDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { lockLabel } from '../../src/engines/throw-away.js';
import { eventually } from '../support/world/container.js';

/** A real engine, and containers, images, networks and volumes of a run's own, all gone afterwards. */
export interface Workbench {
  readonly engine: Engine;
  /** Begins the name of everything made here. */
  readonly prefix: string;
  docker(...words: string[]): Promise<string>;
  /** Builds `FROM debian:bookworm-slim` with these lines and answers the image's details. */
  image(name: string, ...lines: string[]): Promise<ImageDetails>;
  /** `docker run --detach` under a name that is made unique; the last words are the image and the command. */
  run(name: string, ...words: string[]): Promise<ContainerDetails>;
  network(name: string, ...words: string[]): Promise<string>;
  /** The names of all containers made here, sorted. */
  containers(): Promise<readonly string[]>;
  clear(): Promise<void>;
}

/** Serves nobody, stops at once, and ends at once when told to. */
export const idle = `CMD ["sh", "-c", "trap 'exit 0' TERM; sleep infinity & wait"]`;

export async function openWorkbench(): Promise<Workbench> {
  const engine = await connectEngine(process.env);
  const prefix = `hd-${randomBytes(4).toString('hex')}`;
  const label = `hot-deploy.test=${prefix}`;

  const docker = async (...words: string[]) => {
    const { stdout } = await promisify(execFile)('docker', words, {
      env: { ...process.env, ...engine.cliEnvironment },
    });
    return stdout.trim();
  };
  const lines = async (...words: string[]) => (await docker(...words)).split('\n').filter((line) => line !== '');
  const labelled = ['--filter', `label=${label}`];

  return {
    engine,
    prefix,
    docker,

    image: async (name, ...dockerfile) => {
      const text = ['FROM debian:bookworm-slim', `LABEL ${label}`, ...dockerfile, ''].join('\n');
      const child = promisify(execFile)('docker', ['build', '--quiet', '--tag', `${prefix}-${name}`, '-'], {
        env: { ...process.env, ...engine.cliEnvironment },
      });
      child.child.stdin?.end(text);
      await child;
      const details = await engine.findImage(`${prefix}-${name}`);
      if (details === undefined) throw new Error(`the image ${name} was built and is not there`);
      return details;
    },

    run: async (name, ...words) => {
      const id = await docker('run', '--detach', '--name', `${prefix}-${name}`, '--label', label, ...words);
      return engine.inspectContainer(id);
    },

    network: async (name, ...words) => {
      await docker('network', 'create', '--label', label, ...words, `${prefix}-${name}`);
      return `${prefix}-${name}`;
    },

    containers: async () =>
      (await engine.containers()).flatMap(({ names }) => names.filter((name) => name.startsWith(prefix))).sort(),

    clear: async () => {
      const volumes = new Set<string>();
      for (const id of await lines('ps', '--all', '--quiet', ...labelled)) {
        // One with --rm may be going by itself.
        const { Mounts: mounts = [] } = (await engine.findContainer(id)) ?? {};
        for (const { Type: type, Name: volume } of mounts) if (type === 'volume' && volume) volumes.add(volume);
        await engine.removeContainer(id, { force: true, volumes: true });
      }
      // Locks and journals of environments that are called after it.
      for (const { id, labels } of await engine.containers()) {
        if (labels[lockLabel]?.startsWith(prefix)) await engine.removeContainer(id, { force: true, volumes: true });
      }
      // Those that were carried over have a name to the engine, so they do not go with their container.
      if (volumes.size > 0) await docker('volume', 'rm', '--force', ...volumes);
      for (const id of await lines('network', 'ls', '--quiet', ...labelled)) await docker('network', 'rm', id);
      // The engine prunes for one at a time, and refuses another file that ends in the same moment.
      await eventually('a prune', () => docker('image', 'prune', '--all', '--force', ...labelled));
    },
  };
}
