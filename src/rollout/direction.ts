import type { Baseline } from '../node/config.js';
import type { HotMaterial } from '../plan/plan.js';
import { readBaseline } from '../release/baseline.js';
import type { ImageRelease } from '../release/release.js';
import type { Route } from '../upgrade/switch.js';

/** The way to the new release. */
export function up(hot: HotMaterial, suspendTimeoutMs: number): Route {
  const { running, next, bundle } = hot;
  return {
    ...common(hot, suspendTimeoutMs),
    from: running.version,
    to: next.version,
    applications: bootApplications(next),
    gone: bundle.removed,
  };
}

/** The way back, once the new one runs. */
export function down(hot: HotMaterial, suspendTimeoutMs: number): Route {
  const { running, next, bundle } = hot;
  return {
    ...common(hot, suspendTimeoutMs),
    from: next.version,
    to: running.version,
    applications: runningApplications(running),
    gone: bundle.added,
  };
}

function common({ running, bundle }: HotMaterial, suspendTimeoutMs: number) {
  const { updates, loads, checksums } = bundle;
  return { node: running.node, root: running.root, updates, loads, checksums, suspendTimeoutMs };
}

/** What the old release configures on the node, before the way up. */
export async function baselineOfOld({ running }: Pick<HotMaterial, 'running'>): Promise<Baseline> {
  const { node, root, version } = running;
  return await readBaseline(node, { root, version, running: version, applications: runningApplications(running) });
}

/** What the new one configures on the node, before the way back. */
export async function baselineOfNew({ running, next }: Pick<HotMaterial, 'running' | 'next'>): Promise<Baseline> {
  const { node, root } = running;
  const request = { root, version: next.version, running: running.version, applications: bootApplications(next) };
  return await readBaseline(node, request);
}

/** Applications the boot script loads, whose configuration is resolved. */
function bootApplications({ applications }: Pick<ImageRelease, 'applications'>): Route['applications'] {
  return applications.filter(({ mode }) => mode !== 'none').map(({ name, version }) => [name, version] as const);
}

function runningApplications({ applications }: Pick<HotMaterial['running'], 'applications'>): Route['applications'] {
  return applications.map(({ name, version }) => [name, version] as const);
}
