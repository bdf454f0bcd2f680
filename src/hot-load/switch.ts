import { readAtStart } from '../analysis/start-settings.js';
import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import type { Baseline, Prepared } from '../node/config.js';
import type { Node } from '../node/node.js';
import { atom, binary, map, type Term, text, tuple } from '../node/term.js';
import { isRegistrations, type Registrations } from '../release/facts.js';
import { isNote, isProcessCheck, type ProcessCheck, type ProcessNote } from '../release/processes.js';
import { isNodeIdentity, type NodeIdentity } from '../release/release.js';
import { isTree, type Tree } from '../release/tree.js';
import { either, type Is, isAnything, isNumber, isText, listOf, membersOf, oneOf, optional } from '../system/shape.js';
import type { Bundle } from './bundle.js';
import type { InstallRequest, ModulesPart } from './manifest.js';

/** What became of an attempt to switch a node from one release to the other. */
export type Switched =
  | { readonly kind: 'installed'; readonly after: AfterSwitch; readonly microseconds: number; readonly held: number }
  /** Nothing changed on the node. */
  | {
      readonly kind: 'refused';
      readonly why: string;
      /** Settings that change and that only a start reads. */
      readonly kept?: readonly string[];
    }
  /** It runs new code without all that this needs. */
  | { readonly kind: 'unlike'; readonly why: string }
  /** Past the point of no return; the VM boots the old release again in the same container. */
  | { readonly kind: 'restarting'; readonly why: string };

/** What the node tells about itself right after the switch. */
export interface AfterSwitch {
  readonly identity: Pick<NodeIdentity, 'version' | 'osPid' | 'uptimeMs' | 'modules' | 'applications'>;
  readonly environment: { readonly matching: number; readonly differing: readonly string[] };
  readonly tree: { readonly applications: Tree };
  readonly registered: { readonly before: Registrations; readonly now: Registrations };
  /** Modules that should be gone and are still loaded. */
  readonly remaining: readonly string[];
  readonly oldCode: readonly ProcessNote[];
  /** Processes that ran one of the changed modules right after the switch. */
  readonly watched?: readonly { readonly pid: string; readonly module: string }[];
  /** Processes of a framework that did not take their state over. */
  readonly notMigrated?: readonly ProcessNote[];
}

/** And what the release that runs then has configured: the rest was set at run time. */
export interface Switch extends InstallRequest {
  readonly baseline: Baseline;
}

const switchTimeoutMs = 120_000;

/** Asks the node who it is, and what the upgrade would do to its processes. */
export async function ready(
  node: Node,
  bundle: Pick<Bundle, 'loads' | 'updates'>,
  suspendTimeoutMs: number,
): Promise<{ readonly identity: NodeIdentity; readonly check: ProcessCheck }> {
  const { loads, updates } = bundle;
  const argument = map({ loads: loads.map(text), updates: updates.map(text), timeout: suspendTimeoutMs });
  const request = { set: 'node', module: 'hot_deploy_check', function: 'ready', argument } as const;
  return await node.ask(request, membersOf({ identity: isNodeIdentity, check: isProcessCheck }));
}

/** Unpacks the bundle's files beside the running release. Nothing reads them yet. */
export async function stage(engine: Engine, container: string, root: string, bundle: Bundle): Promise<void> {
  await engine.putArchive(container, root, bundle.staging);
}

/** A release whose files were brought into a container, and the directories that were not there before. */
export type Brought = Pick<Bundle, 'to' | 'directories'>;

/** Takes the staged directories away again. */
export async function unstage(node: Node, bundle: Brought): Promise<void> {
  const argument = map({ version: text(bundle.to), paths: bundle.directories.map(text) });
  await node.ask({ set: 'install', module: 'hot_deploy_install', function: 'unstage', argument }, isAnything);
}

/** Starts what the switch will need in the container, so that it is there when everything else is. */
export function prepareSwitch({ node, root, from, to, applications, checksums }: InstallRequest): Prepared {
  const config = { root, version: to, running: from, applications };
  return node.prepare(config, { ...checksums, file: `${root}/${checksums.file}` }, switchTimeoutMs);
}

/** Verifies the staged files, resolves the configuration, and installs: one exec, and one answer. */
export async function switchRelease(prepared: Prepared, request: Switch): Promise<Switched> {
  const { to, baseline } = request;
  const argument = map({
    to: text(to),
    updates: request.updates.map(atom),
    loads: request.loads.map(atom),
    gone: request.gone.map(atom),
    direction: atom(request.direction),
    suspend_timeout: request.suspendTimeoutMs,
    // Its time is the time nobody is served, and a migration that takes longer is no migration to do hot.
    code_change_timeout: Math.max(request.suspendTimeoutMs, 5_000),
    baseline: baseline.values.map(
      ([application, key, print]): Term => tuple(atom(application), atom(key), binary(print)),
    ),
    salt: binary(baseline.salt),
    ...(request.parts && { parts: request.parts.map(partTerm) }),
  });
  try {
    const set = request.parts === undefined ? 'install' : 'modules';
    const answer = await prepared.go({ set, module: 'hot_deploy_install', function: 'install', argument }, isAnswer);
    switch (answer.result) {
      case 'installed':
        return { kind: 'installed', after: answer, microseconds: answer.microseconds, held: answer.held };
      case 'refused':
        return { kind: 'refused', why: refusal(answer) };
      case 'restarting':
      case 'unlike':
        return { kind: answer.result, why: answer.why };
    }
  } catch (error) {
    if (error instanceof AgentError && error.code === 'setting_kept') {
      const kept = error.message.split(' ');
      return { kind: 'refused', why: `${kept.join(', ')}: ${readAtStart}`, kept };
    }
    // The node was not asked yet, or refused before it began.
    if (
      error instanceof AgentError &&
      ['config', 'unportable', 'damaged', 'supervisors', 'not_written', 'overtaken', 'release_handler'].includes(
        error.code,
      )
    ) {
      return { kind: 'refused', why: error.message };
    }
    throw error;
  }
}

function partTerm({ application, from, to, modules }: ModulesPart): Term {
  const none = atom('none');
  return map({
    application: application === null ? none : atom(application),
    from: from === null ? none : text(from),
    to: to === null ? none : text(to),
    modules: modules.map(([name, old, fresh]) =>
      tuple(text(name), old === null ? none : binary(old), fresh === null ? none : binary(fresh)),
    ),
  });
}

type Answer =
  | ({ readonly result: 'installed'; readonly microseconds: number; readonly held: number } & AfterSwitch)
  | {
      readonly result: 'refused';
      readonly why: string;
      readonly processes?: readonly { readonly pid: string; readonly name?: string }[];
    }
  | { readonly result: 'restarting' | 'unlike'; readonly why: string };

const isWatched = membersOf({ pid: isText, module: isText });
const isInstalled = membersOf({
  ...{ result: oneOf('installed'), microseconds: isNumber, held: isNumber, identity: isNodeIdentity },
  environment: membersOf({ matching: isNumber, differing: listOf(isText) }),
  tree: membersOf({ applications: isTree }),
  registered: membersOf({ before: isRegistrations, now: isRegistrations }),
  ...{ remaining: listOf(isText), oldCode: listOf(isNote), watched: optional(listOf(isWatched)) },
  notMigrated: optional(listOf(isNote)),
});
const isNotInstalled = membersOf({
  ...{ result: oneOf('refused', 'restarting', 'unlike'), why: isText, processes: optional(listOf(isNote)) },
});
const isAnswer = either(isInstalled, isNotInstalled) as Is<unknown> as Is<Answer>;

function refusal(answer: Answer & { readonly result: 'refused' }): string {
  if (answer.why === 'process_not_answering') {
    const names = (answer.processes ?? []).map(({ pid, name }) => (name === undefined ? pid : `${name} ${pid}`));
    return `these processes did not let themselves be held in time: ${names.join(', ')}`;
  }
  return answer.why;
}
