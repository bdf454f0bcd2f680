import type { GithubRun } from '../source/run.js';
import type { Clock } from '../system/log.js';
import { type GithubApi, GithubError } from './api.js';

/** The pull request that a run is about, or why there is none to be told. */
export type Found =
  | { readonly kind: 'found'; readonly number: number }
  | { readonly kind: 'none'; readonly why: string };

/** GitHub links a merge to its pull request a moment after it has told of the push. */
const pausesMs = [0, 1_000, 2_000, 4_000];

/**
 * Finds the pull request by which a commit came. Never guessed: where several are possible, none is taken.
 *
 * @param takenBack of a rollback the commit that it takes back: that came by another one than what the event is about
 * @throws GithubError where the API does not answer as it should
 */
export async function findPullRequest(
  api: GithubApi,
  run: Pick<GithubRun, 'commit' | 'event' | 'payload'>,
  takenBack: string | undefined,
  clock: Clock,
): Promise<Found> {
  const commit = takenBack ?? run.commit;
  const own = takenBack === undefined ? ofEvent(run) : undefined;
  if (own !== undefined) return { kind: 'found', number: own };
  const linked = new Set<number>();
  for (const pause of pausesMs) {
    if (pause > 0) await clock.sleep(pause);
    const pulls = (await api.list(`/commits/${commit}/pulls`)).flatMap(pullOf);
    const merged = pulls.filter(({ mergedAs }) => mergedAs === commit);
    const [only, another] = merged;
    if (only !== undefined && another === undefined) return { kind: 'found', number: only.number };
    if (another !== undefined) return { kind: 'none', why: `${commit} is the merge of ${several(merged)}` };
    for (const { number } of pulls) linked.add(number);
    // One that is there and not merged as this commit does not become so by waiting.
    if (pulls.length > 0) break;
  }
  const told = await namedInMessage(api, commit);
  if (told !== undefined) return { kind: 'found', number: told };
  // Its branch was deployed before the merge, or it was merged by a rebase, whose last commit alone is its merge.
  const [only, another] = [...linked];
  if (only !== undefined && another === undefined) return { kind: 'found', number: only };
  return linked.size > 1
    ? { kind: 'none', why: `${commit} is in ${several([...linked].map((number) => ({ number })))}` }
    : { kind: 'none', why: `${commit} came by no pull request` };
}

/** Some events are about one. */
function ofEvent({ event, payload }: Pick<GithubRun, 'event' | 'payload'>): number | undefined {
  if (event.startsWith('pull_request')) return numberOf(payload.pull_request?.number);
  if (event === 'issue_comment' && payload.issue?.pull_request) return numberOf(payload.issue.number);
  return undefined;
}

interface Pull {
  readonly number: number;
  /** Undefined as long as it is not merged. */
  readonly mergedAs?: string;
}

function pullOf(answer: unknown): readonly Pull[] {
  const { number, merged_at: merged, merge_commit_sha: as } = Object(answer) as Record<string, unknown>;
  const own = numberOf(number);
  if (own === undefined) return [];
  // One that is open has a trial merge under that name.
  return [{ number: own, ...(Boolean(merged) && typeof as === 'string' && { mergedAs: as }) }];
}

/** A squash ends its first line with `(#N)`, which anybody may write: that pull request must say so itself. */
async function namedInMessage(api: GithubApi, commit: string): Promise<number | undefined> {
  const { commit: inner } = Object(await api.get(`/commits/${commit}`)) as { readonly commit?: unknown };
  const { message } = Object(inner) as { readonly message?: unknown };
  const [first = ''] = typeof message === 'string' ? message.split('\n') : [];
  const [, named] = /\(#(\d{1,9})\)\s*$/.exec(first) ?? /^Merge pull request #(\d{1,9}) /.exec(first) ?? [];
  if (named === undefined) return undefined;
  const [pull] = pullOf(await api.get(`/pulls/${named}`).catch(absent));
  return pull?.mergedAs === commit ? pull.number : undefined;
}

function absent(error: unknown): undefined {
  if (!(error instanceof GithubError && error.status === 404)) throw error;
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;

const several = (pulls: readonly { readonly number: number }[]) =>
  `several pull requests (${pulls.map(({ number }) => `#${number}`).join(', ')})`;
