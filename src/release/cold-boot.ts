import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import type { Engine } from '../docker/engine.js';
import { recreation } from '../docker/recreation.js';
import type { Clock } from '../log.js';
import { Node } from '../node/node.js';
import { map } from '../node/term.js';
import { findVms } from '../node/vm.js';
import type { Tree } from './supervision.js';

/** What a cold boot of the new image in this container's place comes up as. */
export type ColdBoot =
  | { readonly kind: 'booted'; readonly tree: Tree; readonly ms: number }
  | { readonly kind: 'failed'; readonly why: string };

const patienceMs = 60_000;

/**
 * Boots the new image once as the container would, with its environment and command, and reads its supervision
 * tree: only a boot knows the children of a supervisor without callback module. It reaches nothing: no network,
 * no volumes, no published ports.
 */
export async function coldBoot(
  engine: Engine,
  boot: {
    readonly container: ContainerDetails;
    readonly oldImage: ImageDetails;
    readonly newImage: ImageDetails;
    /** The node that runs in the container: `app@web.example.org`. */
    readonly nodeName: string;
    /** Whether several nodes run in it, and the user has named this one. */
    readonly named: boolean;
    /** Asked of the node before it goes. */
    readonly meanwhile?: (node: Node) => Promise<void>;
  },
  clock: Clock,
): Promise<ColdBoot> {
  const { container, oldImage, newImage, nodeName, named } = boot;
  const { spec } = recreation(container, oldImage, newImage.Id, newImage.Id);
  const started = clock.now();
  const id = await engine.createContainer(`hot-deploy-cold-boot-${randomUUID().slice(0, 8)}`, {
    ...spec,
    Hostname: container.Config.Hostname,
    ExposedPorts: {},
    Volumes: {},
    Healthcheck: { Test: ['NONE'] },
    Labels: { 'hot-deploy.role': 'cold-boot' },
    NetworkingConfig: {},
    // Without network there is no resolver either, and a node has to find its own host: by the names it has in the container.
    HostConfig: { NetworkMode: 'none', ExtraHosts: hostNames(container, nodeName).map((name) => `${name}:127.0.0.1`) },
  });
  try {
    await engine.startContainer(id);
    const up = await booted(engine, id, named ? nodeName.split('@')[0] : undefined, clock);
    if (typeof up === 'string') {
      return { kind: 'failed', why: up };
    }
    const ms = clock.now() - started;
    await boot.meanwhile?.(up.node);
    return { kind: 'booted', tree: up.tree, ms };
  } finally {
    await engine.removeContainer(id, { force: true, volumes: true });
  }
}

function hostNames({ Config: { Hostname: host, Domainname: domain } }: ContainerDetails, nodeName: string): string[] {
  const ofNode = nodeName.split('@')[1] ?? '';
  return [...new Set([host, `${host}.${domain}`, ofNode])].filter(
    (name) => /^[\w-]+(\.[\w-]+)*$/.test(name) && !isIP(name),
  );
}

async function booted(
  engine: Engine,
  id: string,
  name: string | undefined,
  clock: Clock,
): Promise<{ readonly tree: Tree; readonly node: Node } | string> {
  const deadline = clock.now() + patienceMs;
  let why = 'it did not start in time';
  while (clock.now() < deadline) {
    const { State } = await engine.inspectContainer(id);
    if (!State.Running) {
      return `it ended with exit code ${State.ExitCode}: ${(await engine.logs(id, 5)).trim()}`;
    }
    const vms = await findVms(engine, id);
    const vm = name === undefined ? vms[0] : vms.find(({ distribution }) => distribution?.node.split('@')[0] === name);
    if (vm?.distribution !== undefined) {
      try {
        const node = new Node({ engine, container: id, vm });
        const answer = (await node.ask({
          set: 'node',
          module: 'hot_deploy_tree',
          function: 'booted',
          argument: map({}),
        })) as { readonly booted: true; readonly applications: Tree } | { readonly booted: false };
        if (answer.booted) {
          return { tree: answer.applications, node };
        }
      } catch (error) {
        // Not distributed yet, or already gone: the next round tells.
        why = error instanceof Error ? error.message : String(error);
      }
    }
    await clock.sleep(100);
  }
  return why;
}
