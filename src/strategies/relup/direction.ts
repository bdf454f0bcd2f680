import type { Baseline } from '../../node/config.js';
import { readBaseline } from '../../release/baseline.js';
import type { RunningRelease } from '../../release/release.js';
import type { InstallRequest } from './manifest.js';
import { type Direction, downgradeRequest, type UpgradeManifest, upgradeRequest } from './manifest.js';
import type { UpgradeMaterial } from './plan.js';

/** The way to the new release. */
export function up({ running, bundle }: UpgradeMaterial, suspendTimeoutMs: number): InstallRequest {
  return upgradeRequest(bundle.way, running.node, running.root, suspendTimeoutMs);
}

/** The way back, once the new one runs. */
export function down({ running, bundle }: UpgradeMaterial, suspendTimeoutMs: number): InstallRequest {
  return downgradeRequest(bundle.way, running.node, running.root, suspendTimeoutMs);
}

/** What the old release configures on the node, before the way up. */
export async function baselineOfOld({
  running,
  bundle,
}: Pick<UpgradeMaterial, 'running' | 'bundle'>): Promise<Baseline> {
  return await baselineBefore(bundle.way, 'up', running);
}

/** What the new one configures on the node, before the way back. */
export async function baselineOfNew({
  running,
  bundle,
}: Pick<UpgradeMaterial, 'running' | 'bundle'>): Promise<Baseline> {
  return await baselineBefore(bundle.way, 'down', running);
}

/** What the release that a way leaves configures on the node, before it is gone. */
export async function baselineBefore(
  { from, to, applications }: UpgradeManifest,
  direction: Direction,
  { node, root }: Pick<RunningRelease, 'node' | 'root'>,
): Promise<Baseline> {
  return direction === 'up'
    ? await readBaseline(node, { root, version: from, running: from, applications: applications.from })
    : await readBaseline(node, { root, version: to, running: from, applications: applications.to });
}
