import type { Baseline } from '../node/config.js';
import type { HotMaterial } from '../plan/plan.js';
import { readBaseline } from '../release/baseline.js';
import type { ImageRelease } from '../release/release.js';
import type { Switch } from '../upgrade/switch.js';

/** The switch to the new release. */
export function up(hot: HotMaterial, suspendTimeoutMs: number): Switch {
  const { running, next, bundle, baseline } = hot;
  return {
    ...common(hot, suspendTimeoutMs, baseline),
    from: running.version,
    to: next.version,
    applications: bootApplications(next),
    gone: bundle.removed,
  };
}

/** The switch back, once the new one runs. What the new one configures is asked of the node. */
export async function down(hot: HotMaterial, suspendTimeoutMs: number): Promise<Switch> {
  const { running, next, bundle } = hot;
  const baseline = await readBaseline(running.node, {
    root: running.root,
    version: next.version,
    running: running.version,
    applications: bootApplications(next),
  });
  return {
    ...common(hot, suspendTimeoutMs, baseline),
    from: next.version,
    to: running.version,
    applications: runningApplications(running),
    gone: bundle.added,
  };
}

function common({ running, bundle }: HotMaterial, suspendTimeoutMs: number, baseline: Baseline) {
  const { updates, loads, checksums } = bundle;
  return { node: running.node, root: running.root, updates, loads, checksums, baseline, suspendTimeoutMs };
}

/** Applications the boot script loads, whose configuration is resolved. */
export function bootApplications({ applications }: Pick<ImageRelease, 'applications'>): Switch['applications'] {
  return applications.filter(({ mode }) => mode !== 'none').map(({ name, version }) => [name, version] as const);
}

/** The same of a release that runs. */
export function runningApplications({
  applications,
}: Pick<HotMaterial['running'], 'applications'>): Switch['applications'] {
  return applications.map(({ name, version }) => [name, version] as const);
}
