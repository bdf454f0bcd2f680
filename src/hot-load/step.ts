import type { Baseline } from '../node/config.js';
import { few } from '../reasons/make.js';
import { readBaseline } from '../release/baseline.js';
import type { RunningRelease } from '../release/release.js';
import { messageOf } from '../system/message-of.js';
import {
  type Direction,
  downgradeRequest,
  mismatches,
  strategyOf,
  target,
  type UpgradeManifest,
  upgradeRequest,
} from './manifest.js';
import { judgeProcesses } from './process-rules.js';
import { type AfterSwitch, prepareSwitch, ready, type Switched, switchRelease } from './switch.js';

/** One way, gone in one direction. */
export interface UpgradeStep {
  readonly way: UpgradeManifest;
  readonly direction: Direction;
}

/** Where a node is after it was to go one. */
export type StepResult =
  | { readonly kind: 'arrived'; readonly after: AfterSwitch; readonly held: number; readonly microseconds: number }
  /** It runs the other release, which is not what it was when it was left. */
  | { readonly kind: 'unlike'; readonly why: string }
  | Extract<Switched, { kind: 'refused' | 'restarting' }>
  /** The answer was lost. */
  | { readonly kind: 'unknown'; readonly why: string };

export const stepTarget = ({ way, direction }: UpgradeStep): string => target(way, direction);
export const stepSource = ({ way, direction }: UpgradeStep): string => target(way, direction === 'up' ? 'down' : 'up');

export function reversed({ way, direction }: UpgradeStep): UpgradeStep {
  return { way, direction: direction === 'up' ? 'down' : 'up' };
}

/**
 * Time has passed since the plan was made: the node must still run exactly what the way begins at, and its processes must
 * come through. What is not so; undefined where all is.
 */
export async function unready(
  { node, version }: Pick<RunningRelease, 'node' | 'version'>,
  { way, direction }: UpgradeStep,
  concerned: Pick<UpgradeManifest, 'loads' | 'updates'>,
  suspendTimeoutMs: number,
): Promise<{ readonly why: string; readonly overtaken: boolean } | undefined> {
  const { identity, check } = await ready(node, concerned, suspendTimeoutMs);
  const differing = mismatches(way, direction === 'up' ? 'from' : 'to', identity.modules);
  if (identity.version !== version || differing.length > 0) {
    const why = `it no longer runs what the plan was made for (${identity.version}, ${differing.length} modules differ): somebody else deployed meanwhile`;
    return { why, overtaken: true };
  }
  const found = judgeProcesses(check, strategyOf([way])).map(({ code, subject }) => `${subject} (${code})`);
  return found.length === 0
    ? undefined
    : { why: `not everything in it would come through: ${few(found, 5)}`, overtaken: false };
}

/** A step that is about to be gone: what it needs in the container is being brought up meanwhile. */
export interface PreparedStep {
  /**
   * Goes it.
   *
   * @param judged whether what runs then is held against what the way says of that release; else whoever goes it does that
   */
  go(judged: boolean): Promise<StepResult>;
  /** Ends it without having done anything. */
  cancel(): Promise<void>;
}

/** @param known what the release that is left configures on the node, if that was read before */
export function prepareStep(
  running: Pick<RunningRelease, 'node' | 'root'>,
  { way, direction }: UpgradeStep,
  suspendTimeoutMs: number,
  known?: Baseline,
): PreparedStep {
  const request = direction === 'up' ? upgradeRequest : downgradeRequest;
  const route = request(way, running.node, running.root, suspendTimeoutMs);
  const prepared = prepareSwitch(route);
  const read = known === undefined ? baselineBefore(way, direction, running) : Promise.resolve(known);
  read.catch(() => undefined);
  return {
    cancel: () => prepared.cancel(),
    go: async (judged) => {
      let baseline: Baseline;
      try {
        baseline = await read;
      } catch (error) {
        await prepared.cancel();
        return { kind: 'refused', why: messageOf(error) };
      }
      let switched: Switched;
      try {
        switched = await switchRelease(prepared, { ...route, baseline });
      } catch (error) {
        return { kind: 'unknown', why: messageOf(error) };
      }
      if (switched.kind !== 'installed') return switched;
      const { identity, environment, remaining } = switched.after;
      const differing = judged
        ? [
            ...mismatches(way, direction === 'up' ? 'to' : 'from', identity.modules),
            ...remaining,
            ...environment.differing,
          ]
        : [];
      return differing.length === 0
        ? { ...switched, kind: 'arrived' }
        : { kind: 'unlike', why: `these are not what they were: ${differing.slice(0, 5).join(', ')}` };
    },
  };
}

/** Goes one step, and holds what runs then against what the way says of that release. */
export async function runStep(
  running: Pick<RunningRelease, 'node' | 'root'>,
  step: UpgradeStep,
  suspendTimeoutMs: number,
): Promise<StepResult> {
  return await prepareStep(running, step, suspendTimeoutMs).go(true);
}

/** What the release that a way leaves configures on the node, before it is gone. */
async function baselineBefore(
  { from, to, applications }: UpgradeManifest,
  direction: Direction,
  { node, root }: Pick<RunningRelease, 'node' | 'root'>,
): Promise<Baseline> {
  return direction === 'up'
    ? await readBaseline(node, { root, version: from, running: from, applications: applications.from })
    : await readBaseline(node, { root, version: to, running: from, applications: applications.to });
}
