import { randomBytes } from 'node:crypto';
import { connect, eventually, handle, type Lines, published, unused } from '../world/container.js';
import { docker } from '../world/images.js';
import { evaluate } from '../world/inside.js';
import { ask, containers, type Says, type Seen } from './look.js';
import type { OwnEngine } from './own-engine.js';
import { type EngineProxy, openProxy } from './proxy.js';

/** Containers that one deploy is for, and that live through one fault after another. */
export interface Crew {
  readonly names: readonly string[];
  /** Names the lock. */
  readonly environment: string;
  readonly proxy: EngineProxy;
  /** Whether their nodes are one cluster, to which a deploy comes through the first of them. */
  readonly cluster: boolean;
  /** Where they have an engine for themselves. */
  readonly own?: OwnEngine;
  /** Whether the engine deletes them when they end. */
  readonly fleeting: boolean;
  /** Runs them anew, from this image. */
  start(image: string): Promise<void>;
  /** A client connects to each, where anybody can, and puts a value that only it knows. */
  visit(): Promise<readonly Visit[]>;
  /** Whatever the engine has of them: they themselves, what stands beside them, locks, throw-away containers. */
  engine(): Promise<readonly Seen[]>;
  ask(): Promise<readonly Says[]>;
  remove(): Promise<void>;
}

/** One client, and what it is owed. */
export interface Visit {
  readonly container: string;
  readonly startedAt: string;
  readonly value: string;
  readonly client?: Lines;
}

interface Kind {
  readonly size: number;
  /** For `docker run`. */
  readonly flags?: readonly string[];
  readonly own?: OwnEngine;
  readonly cluster?: boolean;
}

export async function gather({ size, flags = [], own, cluster = false }: Kind): Promise<Crew> {
  const proxy = await openProxy(own?.socket);
  const prefix = unused('hd-fault');
  const names = Array.from({ length: size }, (_, at) => `${prefix}-${at}`);
  const environment = prefix;

  const ours = (id: string, name: string) =>
    proxy.made.has(id) ||
    (/^hot-deploy-(lock|journal)-/.test(name) && name.includes(`-${environment}`)) ||
    name.startsWith(prefix);

  const remove = async () => {
    const left = (await containers(ours)).map(({ id }) => id);
    if (left.length > 0) await docker('rm', '-f', '-v', ...left);
    if (cluster) await docker('network', 'rm', prefix).catch(() => undefined);
  };

  return {
    names,
    environment,
    proxy,
    cluster,
    ...(own && { own }),
    fleeting: flags.includes('--rm'),
    remove,
    engine: () => containers(ours),
    ask: () => Promise.all(names.map((name) => answer(name))),

    start: async (image) => {
      await remove();
      if (cluster) await docker('network', 'create', prefix);
      await Promise.all(
        names.map(async (name) => {
          const ports = own ? ['--network', 'none'] : await published(4040);
          const among = cluster ? ['--network', prefix, '--hostname', name] : [];
          await docker(
            'run',
            '-d',
            '--name',
            name,
            '--label',
            'hot-deploy-test=1',
            ...ports,
            ...among,
            ...flags,
            image,
          );
        }),
      );
      await Promise.all(names.map((name) => answer(name)));
      if (cluster) await join(names);
    },

    visit: async () => {
      if (cluster) await join(names);
      return await Promise.all(
        names.map(async (name) => {
          const { State } = await handle(name).inspect();
          const value = randomBytes(6).toString('hex');
          const visit = { container: name, startedAt: State.StartedAt, value };
          if (own) {
            await evaluate(handle(name), `'Elixir.KV':put(<<"kept">>, <<"${value}">>)`);
            return visit;
          }
          const client = await connect(await handle(name).port(4040));
          await client.ask(`PUT kept ${value}`);
          return { ...visit, client };
        }),
      );
    },
  };
}

/** Makes one cluster of their nodes. */
async function join([first = '', ...others]: readonly string[]): Promise<void> {
  for (const other of others) await evaluate(handle(first), `net_kernel:connect_node('octochat@${other}')`);
  await eventually('a cluster', async () => {
    const seen = await Promise.all([first, ...others].map((name) => evaluate(handle(name), 'length(nodes())')));
    return seen.every((count) => count === `${others.length}`) || undefined;
  });
}

/** It may be booting. */
export function answer(name: string): Promise<Says> {
  return eventually(`an answer of ${name}`, () => ask(name));
}
