import type { Proof } from '../../deployment/report.js';
import { endOf, lastWords, removed } from '../../probe/await-health.js';
import type { ReasonCode } from '../../reasons/codes.js';
import { compare } from '../../release/compare.js';
import type { ImageRelease, RunningRelease } from '../../release/release.js';
import { type Reading, readRunning } from '../../release/running.js';
import { messageOf } from '../../system/message-of.js';
import { pollOn } from '../../system/poll.js';
import type { UpdateContext } from '../context.js';
import type { TargetPlan } from '../strategy.js';

/** Whether a new container runs what its image holds; `why` is to be read after "it was healthy, and". */
export type Verified =
  | { readonly kind: 'proved'; readonly proof: Proof }
  /** Nobody can ask the node. */
  | { readonly kind: 'unasked'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly proof?: Proof };

const pollIntervalMs = 200;
/** A node that lets nobody in for so long after its container answers will not do so later. */
const unreachableMs = 30_000;

/**
 * Asks a container that was just started what it runs, until its node has booted; at most as long as a new container may take
 * to become healthy. Stops at once when the container has ended.
 */
export async function verifyBoot(
  work: UpdateContext,
  plan: TargetPlan,
  id: string,
  next: ImageRelease,
): Promise<Verified> {
  const { clock, engine, inputs, deadline } = work;
  const until = clock.now() + inputs.healthTimeoutMs;
  let unreachableSince: number | undefined;
  let last = 'its node did not say what it runs';
  return await pollOn(clock, pollIntervalMs, async (): Promise<Verified | undefined> => {
    const container = await engine.findContainer(id);
    const end = container === undefined ? removed : endOf(container, 0);
    if (end !== undefined)
      return { kind: 'failed', why: `${end}${container === undefined ? '' : await lastWords(engine, container)}` };
    if (deadline.cancelled)
      return { kind: 'failed', why: 'the run was cancelled before its node had said what it runs' };
    const reading = container && (await unlessCancelled(work, readRunning(engine, container, inputs)).catch(messageOf));
    if (typeof reading === 'string') last = reading;
    else if (reading !== undefined) {
      if (reading.kind === 'running' && reading.release.booted) return proved(reading.release, next);
      if (reading.kind === 'no-distribution') return { kind: 'unasked', why: 'its VM runs without distribution' };
      const isSilent = reading.kind === 'unreachable' || reading.kind === 'unreadable';
      unreachableSince = isSilent ? (unreachableSince ?? clock.now()) : undefined;
      last = said(reading);
    }
    const longUnreachable = unreachableSince !== undefined && clock.now() - unreachableSince > unreachableMs;
    if (longUnreachable && mayBeUnasked(work, plan)) return { kind: 'unasked', why: last };
    return clock.now() >= until || longUnreachable ? { kind: 'failed', why: last } : undefined;
  });
}

const silent: ReadonlySet<ReasonCode> = new Set(['node-unreachable', 'target-unreadable', 'distribution-off']);

/** If something else tells that it serves, or the node could not be asked before either. */
function mayBeUnasked({ probe }: UpdateContext, { reasons }: TargetPlan): boolean {
  return probe !== undefined || reasons.some(({ code }) => silent.has(code));
}

function said(reading: Reading): string {
  switch (reading.kind) {
    case 'running':
      return `its node has not finished its boot (${reading.release.version})`;
    case 'no-vm':
      return reading.nodes.length > 0 ? `it runs ${reading.nodes.join(', ')} alone` : 'no Erlang VM runs in it';
    case 'several-nodes':
      return `several VMs run in it: ${reading.nodes.join(', ')}`;
    case 'unreachable':
      return `its node did not answer: ${reading.why}`;
    case 'unreadable':
      return `what it runs cannot be read: ${reading.why.replace(/\.$/, '')}`;
    case 'no-distribution':
      return 'its VM runs without distribution';
  }
}

function proved(release: RunningRelease, next: ImageRelease): Verified {
  const change = compare(release, next);
  const differing = change.applications.rebuilt.flatMap(({ modules }) => modules);
  const expected = Object.keys(release.modules).length;
  const protocols = Object.keys(next.protocols).length;
  const proof: Proof = {
    modules: { expected, matching: expected - differing.length, differing },
    versions: Object.fromEntries([
      [next.name, release.version],
      ...release.applications.map(({ name, version }) => [name, version]),
    ]),
    environment: { matching: 0, differing: [] },
    protocols: { expected: protocols, matching: protocols - change.protocols.length, differing: change.protocols },
    supervision: { expected: 0, matching: 0, differing: [] },
    registrations: { expected: 0, matching: 0, differing: [] },
    processes: { oldCode: [], notMigrated: [] },
    vm: { sameProcess: false, uptimeMs: release.uptimeMs },
    notCompared: ['environment and supervision tree: this is a cold boot, so there is nothing to compare it with'],
    converged: change.same,
  };
  if (proof.converged) return { kind: 'proved', proof };
  const named = [`${next.name} ${release.version}`, ...differing].join(', ');
  return { kind: 'failed', why: `did not run what the image holds: ${named}`, proof };
}

/** Undefined if the run was cancelled first. */
async function unlessCancelled<T>(
  { deadline }: Pick<UpdateContext, 'deadline'>,
  work: Promise<T>,
): Promise<T | undefined> {
  let leave: () => void = () => undefined;
  const cancelled = new Promise<undefined>((resolve) => {
    leave = deadline.onCancel(() => resolve(undefined));
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    leave();
  }
}
