import { createConnection, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import Dockerode from 'dockerode';
import { docker } from './images.js';

const started = new Set<string>();

/** A container of a test, by its name. */
export interface Container {
  readonly name: string;
  /** The host port for a container port. */
  port(inside: number): Promise<number>;
  /** Standard output of a command inside. */
  exec(...argv: readonly string[]): Promise<string>;
  inspect(): Promise<Inspected>;
}

/** As much of `docker inspect` as tests look at. */
export interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
  readonly Config: Readonly<Record<string, unknown>>;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

/**
 * What the deploys of a test file are to, where a test says nothing else. Files run at the same time: in one environment they
 * would wait for each other's lock.
 */
export const ownEnvironment = `hd-test-${process.pid}`;

let count = 0;

/**
 * Runs a container, its ports published at free ones, and waits until its HEALTHCHECK, where it has one, says that it serves.
 * `args` are further words for `docker run`.
 */
export async function start(
  image: string,
  args: readonly string[] = [],
  command: readonly string[] = [],
  name = unused(),
): Promise<Container> {
  started.add(name);
  const published = args.includes('-p') ? [] : ['-P'];
  await docker('run', '-d', '--name', name, '--label', 'hot-deploy-test=1', ...published, ...args, image, ...command);
  const container = handle(name);
  await healthy(container);
  return container;
}

/** Words for `docker run` that publish ports at free ones which a re-creation keeps, as behind a load balancer. */
export async function published(...inside: readonly number[]): Promise<readonly string[]> {
  const outside = await Promise.all(inside.map(freePort));
  return inside.flatMap((port, at) => ['-p', `127.0.0.1:${outside[at]}:${port}`]);
}

const given = new Set<number>();

/** Below those that the system and Docker choose by themselves: nobody takes it before the container does, or in its restart. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** A dozen may boot at once, beside those of another file. */
const bootMs = 120_000;

/** Waits for the HEALTHCHECK; a container without one counts at once. */
export async function healthy(container: Container): Promise<void> {
  await eventually(
    `health of ${container.name}`,
    async () => {
      const { Health } = (await container.inspect()).State;
      return Health === undefined || Health.Status === 'healthy' ? true : undefined;
    },
    bootMs,
  );
}

export function unused(prefix = 'hd-test'): string {
  count += 1;
  return `${prefix}-${process.pid}-${count}-${Date.now().toString(36)}`;
}

/** A container that runs already. */
export function handle(name: string): Container {
  // Of the API: what is asked again and again while a container boots would take the CPU from it as a process each time.
  const inspect = async () => (await new Dockerode().getContainer(name).inspect()) as unknown as Inspected;
  return {
    name,
    port: async (inside) => {
      const published = (await inspect()).NetworkSettings.Ports[`${inside}/tcp`]?.[0];
      if (published === undefined) throw new Error(`${name} publishes no port for ${inside}`);
      return Number(published.HostPort);
    },
    exec: (...argv) => docker('exec', name, ...argv),
    inspect,
  };
}

/** A lock or a journal of this file's environments. */
const isOfOurs = (name: string) => {
  const [, environment] = /^hot-deploy-(?:lock|journal)-(.*)$/.exec(name) ?? [];
  return environment === ownEnvironment || environment?.startsWith(`${ownEnvironment}-`) === true;
};

/** Removes every container that was started here, and what a deploy that failed or was killed may have left of it. */
export async function removeContainers(): Promise<void> {
  const all = (await docker('ps', '-a', '--format', '{{.Names}}')).split('\n');
  const ours = all.filter(
    (name) => [...started].some((each) => name === each || name.startsWith(`${each}.hot-deploy-`)) || isOfOurs(name),
  );
  if (ours.length > 0) {
    await docker('rm', '-f', '-v', ...ours);
  }
  started.clear();
}

/**
 * Waits for something to become true; fails with the last reason it was not. How long it may take is no promise of anybody's:
 * machines are shared.
 */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const until = Date.now() + timeoutMs;
  let last: unknown = 'nothing came back';
  while (Date.now() < until) {
    try {
      const value = await ask();
      if (value !== undefined) {
        return value;
      }
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come true in ${timeoutMs} ms`, { cause: last });
}

/** A connection of a line protocol that stays open: each command is answered by one line. */
export interface Lines {
  ask(command: string, timeoutMs?: number): Promise<string>;
  /** Whether the server closed it, or it broke. */
  readonly lost: boolean;
  close(): void;
}

/** Connects as soon as somebody answers. */
export async function connect(port: number): Promise<Lines> {
  return await eventually(`a connection to port ${port}`, async () => {
    const lines = await open(port);
    return lines;
  });
}

async function open(port: number): Promise<Lines> {
  const socket = createConnection(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  let lost = false;
  const end = (error: Error): void => {
    lost = true;
    for (const each of waiting.splice(0)) each.reject(error);
  };
  createInterface({ input: socket })
    .on('line', (line) => waiting.shift()?.resolve(line))
    // It has what the socket says a second time.
    .on('error', () => undefined);
  socket.on('error', end).on('close', () => end(new Error('the connection was closed')));
  return {
    get lost() {
      return lost;
    },
    ask: (command, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        if (lost) {
          reject(new Error(`${command} was not sent: the connection was closed`));
          return;
        }
        const timer = setTimeout(() => reject(new Error(`no answer to ${command} in ${timeoutMs} ms`)), timeoutMs);
        waiting.push({
          resolve: (line) => {
            clearTimeout(timer);
            resolve(line);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        socket.write(`${command}\n`);
      }),
    close: () => void socket.destroy(),
  };
}
