import type { Cache } from '../analysis/cache.js';
import type { AnalysisContext } from '../analysis/context.js';
import { judgeBoots } from '../analysis/judge-boots.js';
import { judgeStartSettings } from '../analysis/start-settings.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import { AgentError } from '../node/agent.js';
import type { Baseline } from '../node/config.js';
import { NodeUnreachable } from '../node/node.js';
import { against } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { readBaseline } from '../release/baseline.js';
import { exchanged } from '../release/compare.js';
import { confinement } from '../release/confinement.js';
import { compareSupervision } from '../release/drift.js';
import type { RunningRelease } from '../release/release.js';
import { treeOf } from '../release/running.js';
import { closed } from '../strategies/strategy.js';
import { analyzeCode } from './analyze-code.js';
import type { Comparison } from './comparison.js';
import type { HotStrategy } from './hot-strategy.js';
import type { UpgradeMaterial } from './plan.js';
import { readManifest } from './stored-manifest.js';
import { ready } from './switch.js';

export type CodeAssessment =
  | { readonly kind: 'closed'; readonly reasons: readonly Reason[] }
  /** With remarks. */
  | {
      readonly kind: 'open';
      readonly reasons: readonly Reason[];
      readonly material: Pick<
        UpgradeMaterial,
        'bundle' | 'baseline' | 'boot' | 'oldBoot' | 'counts' | 'tree' | 'drift' | 'unseen'
      >;
    };

/** Judges the code, and where nothing closes the way makes everything that the hot load will need. */
export async function assessCode(
  site: AnalysisContext,
  { container, oldImage }: { readonly container: ContainerDetails; readonly oldImage: ImageDetails },
  comparison: Comparison,
  shared: Cache,
  by: HotStrategy,
): Promise<CodeAssessment> {
  const { running, next } = comparison;
  // Containers that run the same code and boot the same way share what is read and made for them.
  const { Env, Cmd, Entrypoint } = container.Config;
  const within = confinement(container);
  const { name, root, version, modules: its } = running;
  const lying = [...running.applications.map(({ directory }) => directory), ...comparison.placement];
  const key = JSON.stringify([
    oldImage.Id,
    next.version,
    name,
    root,
    version,
    its,
    lying,
    Env,
    Cmd,
    Entrypoint,
    within,
  ]);
  const { modules, boots } = await shared('study', key, () => analyzeCode(site, container, oldImage, comparison));
  const { old, new: fresh } = boots;
  const faulty = [
    ...judgeBoots(comparison.next.version, old, fresh),
    ...(old.kind === 'booted' && fresh.kind === 'booted' ? judgeStartSettings(old.facts, fresh.facts) : []),
  ];
  if (closed(faulty)) {
    return { kind: 'closed', reasons: faulty };
  }
  const { tree, supervision, drift } = compareSupervision(
    await treeOf(running),
    boots,
    exchanged(comparison.change).map(({ name }) => name),
  );
  const from = await cameFrom(site, container, running);
  const assembly = await shared('assembly', by.name + key + JSON.stringify(supervision) + from, () =>
    by.assemble(site.engine, container.Id, site.workshop, {
      ...comparison,
      modules,
      supervision,
      images: { from: from ?? oldImage.Id, to: site.image.Id },
      context: site.inputs.context,
    }),
  );
  const made = assembly.kind === 'made' ? assembly.bundle : undefined;
  const { check } = await ready(running.node, made ?? { loads: [], updates: [] }, site.inputs.suspendTimeoutMs);
  const reasons = by.judgeCode({
    ...comparison,
    modules,
    supervision,
    drift,
    processes: check,
    appups: assembly.appups,
    ...(made?.relup && { relup: made.relup }),
  });
  if (closed(reasons)) {
    return { kind: 'closed', reasons };
  }
  if (assembly.kind !== 'made') {
    const why = assembly.kind === 'failed' ? assembly.why : 'an appup is not usable';
    return {
      kind: 'closed',
      reasons: [...reasons, against('relup-failed', 'relup', `systools made no relup: ${why}`)],
    };
  }
  const { bundle } = assembly;
  const baseline = await fingerprints(running);
  return 'code' in baseline
    ? { kind: 'closed', reasons: [...reasons, baseline] }
    : {
        kind: 'open',
        reasons,
        material: {
          bundle,
          baseline,
          counts: check.counts,
          unseen: check.unseen,
          boot: boots.new,
          oldBoot: boots.old,
          tree,
          drift,
        },
      };
}

/** The image of what runs, where a hot deploy has brought it: the container itself was made from an older one. */
async function cameFrom(
  { engine }: AnalysisContext,
  { Id: id }: ContainerDetails,
  { root, version }: RunningRelease,
): Promise<string | undefined> {
  const stored = await readManifest(engine, id, root, version);
  return stored.kind === 'stored' ? stored.way.images.to : undefined;
}

/** What a cold boot of the running release would have configured; a reason where that cannot be found out. */
async function fingerprints(running: RunningRelease): Promise<Baseline | Reason> {
  const { root, version, applications } = running;
  const names = applications.map((application) => [application.name, application.version] as const);
  try {
    return await readBaseline(running.node, { root, version, running: version, applications: names });
  } catch (error) {
    if (error instanceof AgentError || error instanceof NodeUnreachable) {
      return against(
        'config-unreadable',
        version,
        `The configuration that ${version} boots with could not be resolved in the container: ${error.message}`,
      );
    }
    throw error;
  }
}
