import { posix } from 'node:path';
import { surveyBoots } from '../analysis/boots.js';
import { type Shared, sharing } from '../analysis/shared.js';
import type { Site } from '../analysis/site.js';
import { surveyStartup } from '../analysis/startup.js';
import type { Reason } from '../deployment/reason.js';
import { against } from '../deployment/reasons.js';
import { Refusal } from '../deployment/refusal.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import { NodeUnreachable } from '../node/node.js';
import type { Vm } from '../node/vm.js';
import { UnsafeArchive } from '../release/archive.js';
import { compareImages } from '../release/base.js';
import { compare } from '../release/compare.js';
import { counterpart } from '../release/counterpart.js';
import { readFiles } from '../release/files.js';
import { listingIn } from '../release/image-files.js';
import type { FileDigests, ImageRelease } from '../release/release.js';
import { bootedVersion, type Reading, readRunning } from '../release/running.js';
import { type ContainerPlan, closed, judgeRelease } from '../strategies/plan.js';
import type { Comparison } from '../strategies/relup/comparison.js';
import { place } from '../strategies/relup/place.js';
import { surveyCode, treeOf } from '../strategies/relup/read-code.js';

/** Reads each container, compares it with the new release, and decides. Changes nothing that anybody uses. */
export async function survey(site: Site, containers: readonly ContainerDetails[]): Promise<readonly ContainerPlan[]> {
  const plans: ContainerPlan[] = [];
  const shared = sharing();
  // One after another: the workshop holds one old release at a time.
  for (const container of containers) {
    plans.push(await surveyOne(site, container, shared).catch(refuseUnreadable(container)));
  }
  return plans;
}

/** So far nothing has changed: whatever cannot be read is a reason not to begin. */
function refuseUnreadable(container: ContainerDetails): (error: unknown) => never {
  return (error) => {
    const name = nameOf(container);
    if (error instanceof UnsafeArchive) {
      throw new Refusal(
        `${error.message} It cannot be brought into ${name}. Build the image without it, or deploy with \`strategy: restart\`.`,
        { cause: error },
      );
    }
    if (error instanceof AgentError || error instanceof NodeUnreachable) {
      throw new Refusal(
        `${name} could not be compared with the image: ${error.message.replace(/\.$/, '')}. Look at its log, and try again.`,
        { cause: error },
      );
    }
    throw error;
  };
}

async function surveyOne(whole: Site, container: ContainerDetails, shared: Shared): Promise<ContainerPlan> {
  const { engine, inputs, image } = whole;
  const name = nameOf(container);
  refuseStopped(name, container);
  const oldImage = await engine.findImage(container.Image);
  if (oldImage === undefined) {
    throw new Refusal(imageGone(name, container.Image));
  }
  const unknown = { name, container, oldImage };
  const reading = await readRunning(engine, container, inputs);
  if (reading.kind !== 'running') {
    const plan = { ...unknown, ...placeOf(reading), ...unread(name, reading) };
    const names = 'vm' in reading ? await releasesAt(engine, container.Id, reading.vm) : [];
    const site = { ...whole, ...(await counterpart(whole, { names, root: plan.place?.root }, shared.releases)) };
    const { next } = site;
    refuseOther(name, names, next);
    // Without distribution nobody has ever loaded anything into it, so it still runs what it was made from.
    if (reading.kind === 'no-distribution' && container.Image === image.Id) {
      return { ...plan, method: 'none', reasons: [] };
    }
    const files = 'vm' in reading ? await filesAt(engine, container.Id, reading.vm) : undefined;
    const remarks = files && (await surveyStartup(site, { container, oldImage }, { files }, shared).restart());
    return recreated({ ...plan, reasons: [...plan.reasons, ...(remarks ?? [])] }, next.root, next);
  }
  const { release: running } = reading;
  const { root, owner } = running;
  const site = { ...whole, ...(await counterpart(whole, { names: [running.name], root }, shared.releases)) };
  const { next, workshop } = site;
  refuseOther(name, [running.name], next);
  const from = running.version;
  const base = { ...unknown, place: { root, owner } };
  const change = compare(running, next);
  const imageChange = await shared.images(`${oldImage.Id} ${root} ${next.root}`, () =>
    compareImages(
      engine,
      { image: oldImage, root: running.root },
      { image, root: next.root, listing: listingIn(engine, workshop.container) },
    ),
  );
  if (change.same && Object.values(imageChange).every((differing) => differing.length === 0)) {
    return { ...base, from, method: 'none', reasons: [] };
  }
  const { present, ...placed } = await place(site, container.Id, running, change);
  const comparison: Comparison = {
    running,
    next,
    change,
    image: imageChange,
    readOnlyRoot: container.HostConfig.ReadonlyRootfs === true,
    ...placed,
    options: inputs,
  };
  const startup = surveyStartup(site, { container, oldImage }, running, shared);
  const restarted = async (reasons: readonly Reason[]) => {
    const all = [...reasons, ...(await startup.restart(() => treeOf(running)))];
    return recreated({ ...base, from, reasons: all }, running.root, next);
  };
  const reasons = judgeRelease(comparison);
  if (closed(reasons)) {
    const boots = await surveyBoots(site, { container, oldImage, nodeName: running.nodeName }, shared);
    return await restarted([...reasons, ...boots]);
  }
  const code = await surveyCode(site, { container, oldImage }, comparison, shared);
  if (code.kind === 'closed') {
    return await restarted([...reasons, ...code.reasons]);
  }
  const { tree, boot } = code.material;
  const trees = { running: tree, ...(boot.kind === 'booted' && { boot: boot.facts.tree }) };
  const all = [...reasons, ...code.reasons, ...(await startup.hot(trees))];
  if (closed(all)) {
    return recreated({ ...base, from, reasons: all }, running.root, next);
  }
  const hot = { running, next, present, ...code.material };
  return { ...base, from, method: 'relup', reasons: all, hot };
}

/** The files of a release whose VM cannot be asked. */
async function filesAt(engine: Engine, container: string, vm: Vm): Promise<FileDigests> {
  return (await readFiles(engine, container, vm.user, vm.root, bootedVersion(vm) ?? '')).files;
}

/** A plan without its method. */
type Reasoned = Omit<ContainerPlan & { readonly method: 'none' }, 'method'>;

/** By a new container; refused where that one would get the old release again, since it lies on a volume. */
export function recreated(plan: Reasoned, root: string, next: ImageRelease): ContainerPlan {
  const volume = plan.container.Mounts.find(({ Destination: at }) =>
    [root, `${root}/lib`, `${root}/releases`].some((directory) => directory === at || directory.startsWith(`${at}/`)),
  );
  if (volume !== undefined) {
    throw new Refusal(
      `${plan.name} keeps its release on a volume at ${volume.Destination}, which a new container would get with the old release in it, and it cannot be loaded hot: ${plan.reasons.map(({ code, subject }) => `${code} (${subject})`).join(', ')}. Empty the volume and re-create the container by hand, or leave the release in the image.`,
    );
  }
  return { ...plan, method: 'recreate', next };
}

/** Why nothing can be done with a container whose own image is missing. */
export function imageGone(name: string, image: string): string {
  return `The engine no longer has the image ${image} that ${name} was made from, so its own settings cannot be told from the image's. Pull or rebuild that image first.`;
}

function refuseStopped(name: string, container: ContainerDetails): void {
  const { Running, Paused, Restarting, Status } = container.State;
  if (!Running || Paused || Restarting) {
    throw new Refusal(
      `${name} is ${Status}, so there is nothing to deploy to and nothing to measure. Start it first: docker ${Paused ? 'unpause' : 'start'} ${name}`,
    );
  }
}

function refuseOther(name: string, running: readonly string[], next: ImageRelease): void {
  if (running.length > 0 && !running.includes(next.name)) {
    throw new Refusal(
      `The image holds the release ${next.name}, and ${name} runs ${running.join(' or ')}: it is another application's image. Check \`image\` and \`containers\`.`,
    );
  }
}

/** What the VM that cannot be asked may have booted, by the .rel files beside its boot script. */
async function releasesAt(engine: Engine, container: string, { boot }: Vm): Promise<readonly string[]> {
  if (boot === undefined) {
    return [];
  }
  const { stdout } = await engine.exec(container, { argv: ['ls', posix.dirname(boot)], timeoutMs: 30_000 });
  const names = stdout.toString('utf8').split('\n');
  return names.filter((name) => name.endsWith('.rel')).map((name) => name.slice(0, -'.rel'.length));
}

/** Why a container that runs cannot be asked what it runs; whatever it is, a new one on the new image can take its place. */
function unread(
  name: string,
  reading: Exclude<Reading, { kind: 'running' }>,
): { readonly from?: string; readonly reasons: readonly Reason[] } {
  switch (reading.kind) {
    case 'no-vm':
      throw new Refusal(`${name} runs no Erlang VM, so it holds no release to deploy to. Check \`containers\`.`);
    case 'several-nodes':
      throw new Refusal(`${name} runs several VMs (${reading.nodes.join(', ')}). Say which one serves: node-name.`);
    case 'no-distribution':
      return {
        ...booted(reading.vm),
        reasons: [
          against(
            'distribution-off',
            name,
            'The VM runs without distribution, so there is no way in. Do not set RELEASE_DISTRIBUTION=none where you want to deploy hot.',
          ),
        ],
      };
    case 'unreachable':
      return {
        ...booted(reading.vm),
        reasons: [against('node-unreachable', name, `The node did not answer: ${reading.why}`)],
      };
  }
}

/** By the command line of a VM that cannot be asked: whom its files belong to is unknown then. */
function placeOf(reading: Exclude<Reading, { kind: 'running' }>): Pick<ContainerPlan, 'place'> {
  return 'vm' in reading ? { place: { root: reading.vm.root, owner: { uid: 0, gid: 0 } } } : {};
}

function booted(vm: Parameters<typeof bootedVersion>[0]): { readonly from?: string } {
  const from = bootedVersion(vm);
  return from === undefined ? {} : { from };
}
