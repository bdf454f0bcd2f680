import type { ContainerDetails, ImageDetails } from '../docker/details.js';
import { AgentError } from '../node/agent.js';
import type { Baseline } from '../node/config.js';
import { NodeUnreachable } from '../node/node.js';
import { map } from '../node/term.js';
import type { Comparison } from '../plan/comparison.js';
import { closed, type HotMaterial, judgeCode } from '../plan/plan.js';
import type { Reason } from '../plan/reason.js';
import { against } from '../plan/rule.js';
import { readBaseline } from '../release/baseline.js';
import type { RunningRelease } from '../release/release.js';
import { compareTrees, type SupervisionChange, type Tree } from '../release/supervision.js';
import { type Appup, generateAppups } from '../upgrade/appup.js';
import { type Bundle, makeBundle } from '../upgrade/bundle.js';
import { carryOut } from '../upgrade/children.js';
import { bringOld } from '../upgrade/old.js';
import { makeRelup } from '../upgrade/relup.js';
import { ready } from '../upgrade/switch.js';
import type { Shared } from './shared.js';
import type { Site } from './site.js';
import { type Study, study } from './study.js';

export type CodeSurvey =
  | { readonly kind: 'closed'; readonly reasons: readonly Reason[] }
  | { readonly kind: 'open'; readonly material: Pick<HotMaterial, 'bundle' | 'baseline' | 'boot'> };

/** Judges the code, and where nothing closes the way makes everything that the hot load will need. */
export async function surveyCode(
  site: Site,
  { container, oldImage }: { readonly container: ContainerDetails; readonly oldImage: ImageDetails },
  comparison: Comparison,
  shared: Shared,
): Promise<CodeSurvey> {
  const { running } = comparison;
  // Containers that run the same code and boot the same way share what is read and made for them.
  const { Env, Cmd, Entrypoint } = container.Config;
  const key = JSON.stringify([oldImage.Id, running.version, running.modules, Env, Cmd, Entrypoint]);
  const studied = await shared.studies(key, () => study(site, container, oldImage, comparison));
  const { modules, boot } = studied;
  const supervision =
    boot.kind === 'booted' ? compareTrees(await treeOf(running), boot.facts.tree) : { unknown: boot.why };
  const appups = draft(comparison, studied, supervision);
  const switched = { loads: loadsOf(appups, comparison), updates: appups.flatMap((appup) => appup.updates) };
  const { check } = await ready(running.node, switched, site.inputs.suspendTimeoutMs);
  const reasons = judgeCode({ ...comparison, modules, supervision, processes: check });
  if (closed(reasons)) {
    return { kind: 'closed', reasons };
  }
  const baseline = await fingerprints(running);
  if ('code' in baseline) {
    return { kind: 'closed', reasons: [...reasons, baseline] };
  }
  try {
    const bundle = await shared.bundles(key + JSON.stringify(supervision), () =>
      assemble(site, container, oldImage, comparison, appups),
    );
    if (bundle.relup.restarts) {
      return {
        kind: 'closed',
        reasons: [
          ...reasons,
          against(
            'appup-restarts-emulator',
            'relup',
            'A hand-written appup asks for a restart of the emulator, which is a restart of the container done worse.',
          ),
        ],
      };
    }
    return { kind: 'open', material: { bundle, baseline, boot } };
  } catch (error) {
    if (error instanceof AgentError && error.code === 'relup_failed') {
      return {
        kind: 'closed',
        reasons: [...reasons, against('relup-failed', 'relup', `systools made no relup: ${error.message.trim()}`)],
      };
    }
    throw error;
  }
}

async function treeOf(running: RunningRelease): Promise<Tree> {
  const request = { set: 'node', module: 'hot_deploy_tree', function: 'read', argument: map({}) } as const;
  const answer = (await running.node.ask(request)) as { readonly applications: Tree };
  return answer.applications;
}

/** The appups of the applications that have none by hand. */
function draft(
  { change }: Comparison,
  { modules }: Study,
  supervision: readonly SupervisionChange[] | { readonly unknown: string },
): readonly Appup[] {
  const exchanged = new Set(modules.flatMap(({ changed }) => changed.map(({ to }) => to.module)));
  const changes = 'unknown' in supervision ? [] : supervision;
  const actions = changes.flatMap((each) => {
    const carried = carryOut(each, exchanged);
    return carried.kind === 'action' ? [carried.action] : [];
  });
  return generateAppups(
    change.applications.changed.flatMap((application) => {
      const read = modules.find(({ name }) => name === application.name);
      const children = actions.filter((action) => action.application === application.name);
      return read === undefined ? [] : [{ change: application, modules: read, children }];
    }),
  );
}

function loadsOf(appups: readonly Appup[], { change }: Comparison): readonly string[] {
  return [...new Set([...appups.flatMap((appup) => appup.loads), ...change.protocols])];
}

async function assemble(
  site: Site,
  container: ContainerDetails,
  oldImage: ImageDetails,
  { running, next, change }: Comparison,
  appups: readonly Appup[],
): Promise<Bundle> {
  const { engine, workshop, image } = site;
  // Another container's old release may lie there by now.
  await bringOld(engine, container.Id, workshop, running, change);
  const relup = await makeRelup(workshop, running, next, change, appups);
  return await makeBundle(workshop, running, next, change, {
    relup,
    appups,
    images: { from: oldImage.Id, to: image.Id },
  });
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
