import { Unreadable } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { isNode } from '../engines/names.js';
import { Node, NodeUnreachable } from '../node/node.js';
import { binary, map } from '../node/term.js';
import { findVms, nameOfVm, type Vm } from '../node/vm.js';
import { secretName, secrets } from '../system/secrets.js';
import { membersOf } from '../system/shape.js';
import { isTelling, learnFrom, type Telling } from './facts.js';
import { readFiles } from './files.js';
import { refuseOldOtp } from './otp.js';
import { asInImage } from './placement.js';
import { isNodeIdentity, type NodeIdentity, type RunningRelease, type ServingRelease } from './release.js';
import { isTree, type Tree } from './tree.js';

/** What could be read of a container. Anything but `running` cannot be upgraded hot. */
export type Reading<Release = RunningRelease> =
  | { readonly kind: 'running'; readonly release: Release }
  /** None, or none of that name among these. */
  | { readonly kind: 'no-vm'; readonly nodes: readonly string[] }
  | { readonly kind: 'several-nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'no-distribution'; readonly vm: Vm }
  | { readonly kind: 'unreachable'; readonly vm: Vm; readonly why: string }
  /** What it answers is too much, too late, or none of what it has to be; why is a sentence. */
  | { readonly kind: 'unreadable'; readonly vm?: Vm; readonly why: string };

/** What only the user can know where it cannot be detected. */
export interface Hints {
  /** Chooses among several VMs in one container. */
  readonly nodeName?: string;
  readonly cookie?: string;
  /** Leaves out what cannot be found out without writing: whether the release is writable. */
  readonly untouched?: true;
}

/** Reads the release that really runs in a container. */
export async function readRunning(engine: Engine, container: ContainerDetails, hints: Hints): Promise<Reading> {
  return await read(engine, container, hints, async (vm, beside) => {
    const release = await identify(engine, container.Id, { vm, beside }, hints);
    const { root, version, applications } = release;
    const { files, owner } = await readFiles(engine, container.Id, vm.user, root, version);
    return { ...release, files: asInImage(files, root, applications), owner };
  });
}

/** The same without its files: enough to know which version serves. */
export async function readServing(
  engine: Engine,
  container: ContainerDetails,
  hints: Hints,
): Promise<Reading<ServingRelease>> {
  return await read(engine, container, hints, (vm, beside) => identify(engine, container.Id, { vm, beside }, hints));
}

async function read<Release>(
  engine: Engine,
  container: ContainerDetails,
  hints: Hints,
  ask: (vm: Vm, beside: readonly Vm[]) => Promise<Release>,
): Promise<Reading<Release>> {
  let vms: readonly Vm[];
  try {
    vms = (await findVms(engine, container.Id)).filter(serves);
  } catch (error) {
    return unreadable(error);
  }
  return await readVm(container, hints, vms, ask);
}

// distillery's start script runs configuration providers in a VM before the one that serves.
const serves = ({ distribution, boot }: Vm) =>
  distribution !== undefined || !/\/releases\/[^/]+\/config$/.test(boot ?? '');

function unreadable(error: unknown, vm?: Vm): Reading<never> {
  if (!(error instanceof Unreadable)) throw error;
  return { kind: 'unreadable', why: error.message, ...(vm && { vm }) };
}

async function readVm<Release>(
  container: ContainerDetails,
  hints: Hints,
  vms: readonly Vm[],
  ask: (vm: Vm, beside: readonly Vm[]) => Promise<Release>,
): Promise<Reading<Release>> {
  // One that is reached through another node is known by its own name, and not by that of the other.
  const nodeName = isNode(container.Id) ? container.Id : hints.nodeName;
  const meant =
    nodeName === undefined ? vms : vms.filter((vm) => vm.distribution?.node.split('@')[0] === nodeName.split('@')[0]);
  const [vm, ...others] = meant;
  if (vm === undefined) {
    return { kind: 'no-vm', nodes: vms.map(nameOfVm).sort() };
  }
  if (others.length > 0) {
    return { kind: 'several-nodes', nodes: meant.map(nameOfVm).sort() };
  }
  const erts = /erts-([0-9.]+)/.exec(vm.bin)?.[1];
  if (erts !== undefined) {
    refuseOldOtp(erts, `The container ${nameOf(container)}`);
  }
  if (vm.distribution === undefined) {
    return { kind: 'no-distribution', vm };
  }
  try {
    return {
      kind: 'running',
      release: await ask(
        vm,
        vms.filter((each) => each !== vm),
      ),
    };
  } catch (error) {
    if (error instanceof NodeUnreachable) {
      return { kind: 'unreachable', vm, why: error.message };
    }
    return unreadable(error, vm);
  }
}

const isIdentity = (value: unknown): value is NodeIdentity & Telling => isNodeIdentity(value) && isTelling(value);

async function identify(
  engine: Engine,
  container: string,
  { vm, beside }: Pick<RunningRelease, 'vm' | 'beside'>,
  { cookie, untouched }: Hints,
): Promise<ServingRelease> {
  const node = new Node({ engine, container, vm, ...(cookie !== undefined && { cookie }) });
  const argument = map({ secrets: binary(secretName), ...(untouched && { untouched }) });
  const request = { set: 'node', module: 'hot_deploy_node', function: 'identify', argument } as const;
  const { secrets: told = [], ...answer } = await node.ask(request, isIdentity);
  secrets.publish(answer.name);
  learnFrom({ secrets: told }, answer.applications);
  return { ...answer, vm, beside, node, nodeName: answer.node };
}

/** The version a VM was booted with, as its command line tells: for reports where the node cannot be asked. */
export function bootedVersion(vm: Vm): string | undefined {
  return /\/releases\/([^/]+)\/[^/]+$/.exec(vm.boot ?? '')?.[1];
}

/** The supervision tree that runs. */
export async function treeOf({ node }: Pick<RunningRelease, 'node'>): Promise<Tree> {
  const request = { set: 'node', module: 'hot_deploy_tree', function: 'read', argument: map({}) } as const;
  return (await node.ask(request, membersOf({ applications: isTree }))).applications;
}
