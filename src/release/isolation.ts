import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { statusOf } from '../engines/call.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { recreation } from '../engines/recreation.js';
import { roleLabel } from '../engines/throw-away.js';
import { Node } from '../node/node.js';
import { findVms, type Vm } from '../node/vm.js';
import type { Clock } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { poll } from '../system/poll.js';
import { quoted } from '../system/quoted.js';
import { confinement, ownLog } from './confinement.js';
import { type Facts, factsOnceBooted } from './facts.js';

/** What is booted apart from production, and what it may have there. */
export interface Isolated {
  /** Whose environment, command, user and names it gets. */
  readonly container: ContainerDetails;
  readonly oldImage: ImageDetails;
  readonly image: ImageDetails;
  /** The node that runs in the container: `app@web.example.org`. */
  readonly nodeName: string;
  /** Whether several nodes run in it, and the user has named this one. */
  readonly named: boolean;
  /** `KEY=VALUE`, over the container's own. */
  readonly environment: readonly string[];
  /** A Docker network that holds what the release needs; none where absent. */
  readonly network?: string;
  /** What it boots in the image's place, if that is a copy under a build version. */
  readonly build?: { readonly version: string; bring(container: string): Promise<void> };
  /** Of a run that is cancelled nothing stays: the runner ends it before a boot has come to its own end. */
  readonly signal?: AbortSignal;
}

const patienceMs = 60_000;

/**
 * Creates a container that boots an image as the given container would, and reaches nothing by it: no network or the
 * named one alone, no volumes, no published ports, no labels that a proxy would read.
 */
export async function createIsolated(
  engine: Engine,
  role: 'cold-boot' | 'rehearsal' | 'stand-in',
  { container, oldImage, image, nodeName, environment, network, build, signal }: Isolated,
): Promise<string> {
  const { spec } = recreation(container, oldImage, image.Id, image.Id);
  const own = (spec['Env'] as readonly string[] | undefined) ?? [];
  const given = new Set(environment.map(keyOf));
  const id = await engine.createContainer(`hot-deploy-${role}-${randomUUID().slice(0, 8)}`, {
    ...spec,
    Env: [...own.filter((entry) => !given.has(keyOf(entry))), ...environment],
    Hostname: container.Config.Hostname,
    ExposedPorts: {},
    Volumes: {},
    Healthcheck: { Test: ['NONE'] },
    Labels: { [roleLabel]: role },
    NetworkingConfig: {},
    MacAddress: '',
    HostConfig: {
      ...confinement(container),
      LogConfig: ownLog,
      NetworkMode: network ?? 'none',
      // Without network there is no resolver either, and a node has to find its own host: by the names it has in the container.
      ExtraHosts: hostNames(container, nodeName).map(
        (name) => `${name}:${network === undefined ? ownAddress(container, nodeName) : '127.0.0.1'}`,
      ),
    },
  });
  const remove = () => engine.removeContainer(id, { force: true, volumes: true });
  signal?.addEventListener('abort', () => void remove().catch(() => undefined), { once: true });
  if (signal?.aborted) {
    await remove();
  }
  try {
    await build?.bring(id);
  } catch (error) {
    await remove();
    throw error;
  }
  return id;
}

/** The name in `NAME=value`. */
export function keyOf(entry: string): string {
  return entry.split('=')[0] ?? '';
}

function hostNames({ Config: { Hostname: host, Domainname: domain } }: ContainerDetails, nodeName: string): string[] {
  const ofNode = nodeName.split('@')[1] ?? '';
  return [...new Set([host, `${host}.${domain}`, ofNode])].filter(
    (name) => /^[\w-]+(\.[\w-]+)*$/.test(name) && !isIP(name),
  );
}

/**
 * A node that is named by its container's address (`app@$(hostname -i)`) has the same name here, so that nothing made of it
 * differs. Nobody needs to reach it by that address: without network there is no such interface.
 */
function ownAddress({ NetworkSettings }: ContainerDetails, nodeName: string): string {
  const host = nodeName.split('@')[1] ?? '';
  const own = Object.values(NetworkSettings?.Networks ?? {}).some(({ IPAddress }) => IPAddress === host);
  return own && isIP(host) === 4 ? host : '127.0.0.1';
}

export type Booted =
  | { readonly kind: 'booted'; readonly node: Node; readonly vm: Vm; readonly facts: Facts }
  /** `ended`: by itself, and not for want of time. */
  | { readonly kind: 'failed'; readonly why: string; readonly ended?: true };

/** Starts it, and waits until its boot script has run to its end. */
export async function bootIsolated(
  engine: Engine,
  id: string,
  { nodeName, named, environment }: Pick<Isolated, 'nodeName' | 'named' | 'environment'>,
  salt: string,
  clock: Clock,
): Promise<Booted> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    // The engine's answer where there is no such command, or it may not be executed: that is the image's fault.
    return { kind: 'failed', why: messageOf(error), ...(statusOf(error) === 400 && { ended: true }) };
  }
  const name = named ? nodeName.split('@')[0] : undefined;
  let why = 'it did not start in time';
  const look = async (): Promise<Booted | undefined> => {
    const details = await engine.findContainer(id);
    if (details === undefined) {
      return { kind: 'failed', why: 'somebody removed the throw-away container' };
    }
    if (!details.State.Running) {
      return { kind: 'failed', why: await ended(engine, details), ended: true };
    }
    try {
      const vms = await findVms(engine, id);
      const vm =
        name === undefined ? vms[0] : vms.find(({ distribution }) => distribution?.node.split('@')[0] === name);
      if (vm?.distribution !== undefined) {
        const node = new Node({ engine, container: id, vm });
        const facts = await factsOnceBooted(node, salt, environment.map(keyOf));
        if (facts !== undefined) {
          return { kind: 'booted', node, vm, facts };
        }
      }
    } catch (error) {
      // Not distributed yet, or ended since it was looked at: the next round tells.
      why = messageOf(error);
    }
    return undefined;
  };
  return (await poll(clock, { everyMs: 100, withinMs: patienceMs }, look)) ?? { kind: 'failed', why };
}

/** An Elixir release that lacks a variable says so, and then where, and then that it ends. */
const logLines = 20;
const logCharacters = 16_000;

async function ended(engine: Engine, { Id: id, State }: ContainerDetails): Promise<string> {
  const said = await engine.logs(id, logLines).then(
    (log) => quoted(log, logCharacters),
    () => 'its log could not be read',
  );
  return `it ended with exit code ${State.ExitCode}: ${said}`;
}
