import type { Engine } from '../engines/engine.js';
import { AgentError } from '../node/agent.js';
import { NodeUnreachable } from '../node/node.js';
import { against, few } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';
import { newSalt } from '../release/baseline.js';
import { plainName } from '../release/modules.js';
import type { ServingRelease } from '../release/release.js';
import { mismatches, strategyOf, type UpgradeManifest } from './manifest.js';
import { judgeProcesses } from './process-rules.js';
import { readManifest } from './stored-manifest.js';
import { ready } from './switch.js';

/** Whether a node can go back hot to a release that ran in its container before, by what deploys have left there. */
export type DowngradePath =
  /** In the order in which they are gone. */
  | { readonly kind: 'open'; readonly steps: readonly UpgradeManifest[] }
  | { readonly kind: 'closed'; readonly reasons: readonly Reason[] };

/** Longer ways are possible and nobody's wish. */
const mostSteps = 10;

/** Changes nothing; needs no memory of any run. */
export async function findDowngradePath(
  engine: Engine,
  container: string,
  running: ServingRelease,
  version: string,
  suspendTimeoutMs: number,
): Promise<DowngradePath> {
  const found = await storedSteps(engine, container, running, version);
  if ('code' in found) {
    return { kind: 'closed', reasons: [found] };
  }
  const gone = await Promise.all(found.map((way) => missing(engine, container, running, way)));
  const reasons = [...gone.flat(), ...ofRelease(running, found), ...unknownCode(running, found)];
  if (reasons.length > 0) {
    return { kind: 'closed', reasons };
  }
  const { check } = await ready(running.node, combined(found), suspendTimeoutMs);
  const unready = [...judgeProcesses(check, strategyOf(found)), ...(await unresolvable(running, found))];
  return unready.length === 0 ? { kind: 'open', steps: found } : { kind: 'closed', reasons: unready };
}

/** What several ways do, as if they were one. */
export function combined(steps: readonly UpgradeManifest[]): Pick<UpgradeManifest, 'loads' | 'updates'> {
  return {
    loads: [...new Set(steps.flatMap(({ loads }) => loads))],
    updates: [...new Set(steps.flatMap(({ updates }) => updates))],
  };
}

/** The stored ways from the version that runs, or ran, down to an earlier one, or why there are none. */
export async function storedSteps(
  engine: Engine,
  container: string,
  { root, version: runs, name }: Pick<ServingRelease, 'root' | 'version' | 'name'>,
  version: string,
): Promise<readonly UpgradeManifest[] | Reason> {
  const steps: UpgradeManifest[] = [];
  for (let at = runs; at !== version; at = steps.at(-1)?.from ?? version) {
    const stored = await readManifest(engine, container, root, at);
    const way = stored.kind === 'stored' && stored.way.release === name ? stored.way : undefined;
    if (stored.kind === 'damaged' || (stored.kind === 'stored' && way === undefined)) {
      const why = stored.kind === 'damaged' ? stored.why : 'it is of another release';
      return against(
        'no-way-down',
        at,
        `What the deploy of ${at} left for the way back cannot be used: ${why}. ${helps}`,
      );
    }
    if (way === undefined || steps.length === mostSteps || steps.some(({ to }) => to === way.from)) {
      return against('not-upgraded-here', at, wordsOf(at, runs, version, steps));
    }
    steps.push(way);
  }
  return steps;
}

const helps = 'Go back by restart, which ends the connections.';

function wordsOf(at: string, runs: string, version: string, steps: readonly UpgradeManifest[]): string {
  return at === runs
    ? `The container came to ${runs} otherwise than by a hot deploy, so nothing in it says how to go back to ${version} while it runs. ${helps}`
    : `${runs} was deployed hot over ${steps.map(({ from }) => from).join(', then ')}, and from there nothing in the container leads to ${version}. ${helps}`;
}

// $1 root, $2 the digest of $3, which names the files.
const verify = `
cd "$1" || exit 1
export LC_ALL=C
printf '%s  %s\\n' "$2" "$3" | sha256sum -c - >/dev/null 2>&1 || { echo "$3"; exit; }
sha256sum -c "$3" 2>/dev/null | sed -n 's/: FAILED.*$//p'`;

/** Files of the older release that are no longer what they were while it ran. */
async function missing(
  engine: Engine,
  container: string,
  { root, vm }: ServingRelease,
  { from, to, checksums }: UpgradeManifest,
): Promise<readonly Reason[]> {
  const { exitCode, stdout } = await engine.exec(container, {
    argv: ['sh', '-c', verify, 'hot-deploy', root, checksums.down.sha256, checksums.down.file],
    user: vm.user,
    timeoutMs: 60_000,
  });
  const files = stdout.toString('utf8').split('\n').filter(Boolean);
  if (exitCode === 0 && files.length === 0) {
    return [];
  }
  const which = files.length === 0 ? `the files of ${from} could not be read` : `${few(files, 3)}`;
  return [
    against(
      'release-gone',
      from,
      `The way from ${to} back to ${from} takes files that are no longer in the container, or not as they were: ${which}. ${helps}`,
    ),
  ];
}

function ofRelease({ version, sasl, writable }: ServingRelease, steps: readonly UpgradeManifest[]): readonly Reason[] {
  return [
    ...(sasl || strategyOf(steps) === 'modules'
      ? []
      : [against('sasl-missing', version, `The node runs no release_handler. ${helps}`)]),
    ...(writable
      ? []
      : [against('release-not-writable', version, `The VM cannot write its release directory any more. ${helps}`)]),
  ];
}

/** The node must run exactly what the first way leads to, and each further way must begin where the one before ends. */
function unknownCode(running: ServingRelease, steps: readonly UpgradeManifest[]): readonly Reason[] {
  return steps.flatMap((way, step) => {
    const before = steps[step - 1];
    const runs = before === undefined ? running.modules : { ...before.modules.same, ...before.modules.from };
    const modules = mismatches(way, 'to', runs);
    return modules.length === 0
      ? []
      : [
          against(
            'baseline-mismatch',
            way.to,
            `The way back from ${way.to} was made for other code than ${before === undefined ? 'the node runs' : `${before.to} goes back to`}: ${few(modules.map(plainName))}. ${helps}`,
          ),
        ];
  });
}

/** The configuration that the older release would have: a value of the environment may be gone since. */
async function unresolvable(
  { node, root, version }: ServingRelease,
  steps: readonly UpgradeManifest[],
): Promise<readonly Reason[]> {
  const last = steps.at(-1);
  if (last === undefined) {
    return [];
  }
  try {
    const { from, applications } = last;
    await node.fingerprints({ root, version: from, running: version, applications: applications.from }, newSalt());
    return [];
  } catch (error) {
    if (error instanceof AgentError || error instanceof NodeUnreachable) {
      return [
        against(
          'config-unreadable',
          last.from,
          `The configuration that ${last.from} would have could not be resolved in the container: ${error.message.replace(/\.$/, '')}. ${helps}`,
        ),
      ];
    }
    throw error;
  }
}
