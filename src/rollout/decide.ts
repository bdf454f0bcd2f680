import { posix } from 'node:path';
import { type Cache, newCache } from '../analysis/cache.js';
import type { AnalysisContext } from '../analysis/context.js';
import { analyzeStartup } from '../analysis/startup.js';
import type { AssessedTarget } from '../analysis/target.js';
import { Unreadable } from '../engines/call.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import { NodeUnreachable } from '../node/node.js';
import type { Vm } from '../node/vm.js';
import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { Refusal } from '../reasons/refusal.js';
import { optionOf } from '../reasons/strategies.js';
import { UnsafeArchive } from '../release/archive.js';
import { compareImages } from '../release/base.js';
import { asVersion, versionBeside } from '../release/build-version.js';
import { compare } from '../release/compare.js';
import { counterpart } from '../release/counterpart.js';
import { readFiles } from '../release/files.js';
import { listingIn } from '../release/image-files.js';
import type { FileDigests, ImageRelease, RunningRelease } from '../release/release.js';
import { bootedVersion, type Reading, readRunning } from '../release/running.js';
import { anotherAsked, isAllowed } from '../strategies/asked.js';
import { strategies } from '../strategies/index.js';
import type { TargetPlan } from '../strategies/strategy.js';
import { inTurn } from '../system/in-turn.js';
import { messageOf } from '../system/message-of.js';

/** Reads each container, compares it with the new release, and decides. Changes nothing that anybody uses. */
export async function decide(
  site: AnalysisContext,
  containers: readonly ContainerDetails[],
  shared: Cache = newCache(),
): Promise<readonly TargetPlan[]> {
  return await inTurn(
    containers,
    (container) => decideOne(site, container, shared).catch(refuseUnreadable(container)),
    readAtOnce,
  );
}

/** Containers that are read at a time. It takes CPU time on their hosts. */
const readAtOnce = 8;

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
    if ([AgentError, NodeUnreachable, Unreadable].some((expected) => error instanceof expected)) {
      throw new Refusal(
        `${name} could not be compared with the image: ${messageOf(error).replace(/\.$/, '')}. Look at its log, and try again.`,
        { cause: error },
      );
    }
    throw error;
  };
}

async function decideOne(whole: AnalysisContext, container: ContainerDetails, shared: Cache): Promise<TargetPlan> {
  const { engine, inputs } = whole;
  const name = nameOf(container);
  refuseStopped(name, container);
  const oldImage = await engine.findImage(container.Image);
  if (oldImage === undefined) {
    throw new Refusal(imageGone(name, container.Image));
  }
  const known = { name, container, oldImage };
  const reading = await readRunning(engine, container, inputs);
  try {
    return reading.kind === 'running'
      ? await decideRunning(whole, known, reading.release, shared)
      : await decideUnread(whole, known, reading, shared);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const vm = reading.kind === 'running' ? reading.release.vm : 'vm' in reading ? reading.vm : undefined;
    // A new container takes its place without any of that.
    return await decideUnread(whole, known, { kind: 'unreadable', why: error.message, ...(vm && { vm }) }, shared);
  }
}

type Known = Pick<AssessedTarget, 'name' | 'container' | 'oldImage'>;

async function decideUnread(whole: AnalysisContext, known: Known, reading: Unread, shared: Cache): Promise<TargetPlan> {
  const { engine, image } = whole;
  const { name, container, oldImage } = known;
  const plan = { ...known, ...rootFrom(reading), ...unread(name, reading) };
  const vm = 'vm' in reading && reading.kind !== 'unreadable' ? reading.vm : undefined;
  const names = vm === undefined ? [] : await releasesAt(engine, container.Id, vm);
  const site = {
    ...whole,
    ...(await counterpart(whole, { names, root: plan.root }, (key, read) => shared('release', key, read))),
  };
  const { next } = site;
  refuseOther(name, names, next);
  // Without distribution nobody has ever loaded anything into it, so it still runs what it was made from.
  if (reading.kind === 'no-distribution' && container.Image === image.Id) {
    return { ...plan, reasons: [] };
  }
  const files = vm && (await filesAt(engine, container.Id, vm));
  const startup = files && analyzeStartup(site, { container, oldImage }, { files }, shared);
  return await choose(plan, { ...known, site, shared, root: next.root, ...(startup && { startup }) });
}

async function decideRunning(
  whole: AnalysisContext,
  known: Known,
  running: RunningRelease,
  shared: Cache,
): Promise<TargetPlan> {
  const { engine, image } = whole;
  const { name, container, oldImage } = known;
  const { root, version: from } = running;
  const found = await counterpart(whole, { names: [running.name], root }, (key, read) => shared('release', key, read));
  refuseOther(name, [running.name], found.next);
  const version = whole.version ?? versionBeside(running, found.next);
  const site = {
    ...whole,
    ...(await shared('release', `${found.next.root} ${version}`, () =>
      asVersion(engine, found, version).catch((error: unknown) => {
        // A restart needs no copy, and takes the image as it is.
        if (!(error instanceof Refusal)) throw error;
        whole.log.warning(`${found.next.name} could not be copied as ${version}: ${error.message}`);
        return found;
      }),
    )),
  };
  const { next, workshop } = site;
  const beside = running.beside.flatMap(({ distribution }) => distribution?.node ?? []);
  const cluster = { node: running.nodeName, connected: running.connected, beside };
  const plan = { ...known, from, root, cluster, reasons: [] };
  const change = compare(running, next);
  const imageChange = await shared('image-change', `${oldImage.Id} ${root} ${next.root}`, () =>
    compareImages(
      engine,
      { image: oldImage, root },
      { image, root: next.root, listing: listingIn(engine, workshop.container) },
    ),
  );
  if (change.same && Object.values(imageChange).every((differing) => differing.length === 0)) {
    return plan;
  }
  const startup = analyzeStartup(site, { container, oldImage }, running, shared);
  return await choose(plan, {
    ...{ ...known, site, shared, root, startup },
    running: { release: running, change, image: imageChange },
  });
}

/** Plans the first strategy that is possible, with the reasons that rule the better ones out. */
export async function choose(plan: TargetPlan, target: AssessedTarget): Promise<TargetPlan> {
  const { next, inputs } = target.site;
  const wanted = strategies.findIndex(({ name }) => optionOf(name) === inputs.strategy);
  let ruledOut = plan.reasons;
  for (const [at, strategy] of strategies.entries()) {
    if (!isAllowed(inputs, strategy.name)) {
      if (at < wanted) ruledOut = [...ruledOut, ...anotherAsked(inputs, strategy.name)];
      continue;
    }
    const assessment = await strategy.assess(target, ruledOut);
    if (assessment.kind === 'ruled-out') {
      ruledOut = together([...ruledOut, ...assessment.reasons]);
      continue;
    }
    const [instead] = strategies.slice(at + 1).flatMap((later) => later.instead?.(target) ?? []);
    const update = { ...assessment.update, ...(instead && { instead }) };
    return { ...plan, next, reasons: [...ruledOut, ...assessment.remarks], update };
  }
  throw new Refusal(`No strategy can deploy to ${plan.name}: ${ruledOut.map(({ message }) => message).join(' ')}`);
}

/** What several strategies have found, once, with all that it rules out. */
function together(reasons: readonly Reason[]): readonly Reason[] {
  const found = new Map<string, Reason>();
  for (const reason of reasons) {
    const key = JSON.stringify([reason.code, reason.subject, reason.message]);
    const blocks = new Set([...(found.get(key)?.blocks ?? []), ...reason.blocks]);
    found.set(key, { ...reason, blocks: [...blocks] });
  }
  return [...found.values()];
}

/** The files of a release whose VM cannot be asked. */
async function filesAt(engine: Engine, container: string, vm: Vm): Promise<FileDigests> {
  return (await readFiles(engine, container, vm.user, vm.root, bootedVersion(vm) ?? '')).files;
}

/** Lets each strategy try its updates out; those that fail are replaced by the next best ones. */
export async function rehearse(site: AnalysisContext, plans: readonly TargetPlan[]): Promise<readonly TargetPlan[]> {
  let rehearsed = plans;
  for (const strategy of strategies) rehearsed = (await strategy.rehearse?.(site, rehearsed)) ?? rehearsed;
  return rehearsed;
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

type Unread = Exclude<Reading, { kind: 'running' }>;

/** Why a container that runs cannot be asked what it runs; whatever it is, a new one on the new image can take its place. */
function unread(name: string, reading: Unread): { readonly from?: string; readonly reasons: readonly Reason[] } {
  switch (reading.kind) {
    case 'no-vm':
      throw new Refusal(
        reading.nodes.length > 0
          ? `${name} runs no node of that name, but ${reading.nodes.join(', ')}. Check \`node-name\`.`
          : `${name} runs no Erlang VM, so it holds no release to deploy to. Check \`containers\`.`,
      );
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
    case 'unreadable':
      return {
        ...(reading.vm && booted(reading.vm)),
        reasons: [against('target-unreadable', name, `${name} cannot be read. ${reading.why}`)],
      };
  }
}

/** By the command line of a VM that cannot be asked. */
function rootFrom(reading: Unread): Pick<TargetPlan, 'root'> {
  return 'vm' in reading && reading.vm !== undefined ? { root: reading.vm.root } : {};
}

function booted(vm: Parameters<typeof bootedVersion>[0]): { readonly from?: string } {
  const from = bootedVersion(vm);
  return from === undefined ? {} : { from };
}
