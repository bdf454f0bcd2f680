import { markOf, mostHistory, type Past, readHistory } from '../report/comment.js';
import type { Clock } from '../system/log.js';
import { type GithubApi, GithubError, isUnsure } from './api.js';
import { tells, together, without } from './told.js';

/** Where a comment is, for people. */
export interface Written {
  readonly url?: string;
}

/** What is to be said. */
export interface Telling {
  readonly environment: string;
  /** This run, as later comments tell of it. */
  readonly own: Past;
  /** The comment, which also tells of other runs. */
  readonly render: (others: readonly Past[]) => string;
}

interface Existing extends Written {
  readonly id: number;
  readonly login: string;
  readonly isBot: boolean;
  /** The runs of which it tells, the one that it is about first. */
  readonly told: readonly Past[];
  /** Whether it ends with the mark, as one does to which nobody has added anything. */
  readonly isWhole: boolean;
}

/** As many runs may end at once without one being lost as a comment can tell of. */
const mostRounds = mostHistory;
/** Longer than it takes from a look to the write that follows it. */
const settleMs = 2_000;

/**
 * Writes the one comment that a pull request has about an environment: anew, or over the one of an earlier run.
 *
 * GitHub turns no write away because somebody else was faster, so it is looked at afterwards what stands there, a while later,
 * when whoever had looked before this write has written, too. Where another run has written a comment at the same time, or
 * over this one without knowing of it, all is brought together in the oldest, a bounded number of times.
 *
 * @throws GithubError where nothing was written
 */
export async function writeComment(
  api: GithubApi,
  clock: Clock,
  pullRequest: number,
  { environment, own, render }: Telling,
): Promise<Written> {
  let known: readonly Past[] = [own];
  let written: Written | undefined;
  let wasUnsure = false;
  for (let round = 0; round < mostRounds; round++) {
    if (round > 0) await clock.sleep(settleMs);
    const standing = await ownComments(api, pullRequest, environment).catch((error: unknown) => {
      if (written === undefined) throw error;
    });
    // What is written is written, whether or not it can be looked at.
    if (standing === undefined) break;
    const [oldest, ...doubles] = standing;
    known = together(known, ...standing.map(({ told }) => told));
    // Nothing was lost but the answer.
    if (wasUnsure && oldest !== undefined && tells(oldest.told, own)) written = oldest;
    // One that is not shown yet, or that somebody has removed, is not written a second time.
    if (written !== undefined && (oldest === undefined || isRight(standing, known))) break;
    const body = render(without(own, known));
    try {
      written =
        oldest === undefined
          ? writtenFrom(await api.post(`/issues/${pullRequest}/comments`, { body }))
          : writtenFrom(await api.patch(`/issues/comments/${oldest.id}`, { body }));
      for (const { id } of doubles) await api.delete(`/issues/comments/${id}`).catch(absent);
    } catch (error) {
      // Whether it was carried out is not known, or somebody removed the comment meanwhile: it is looked for once more.
      if (isUnsure(error) && !wasUnsure) wasUnsure = true;
      else if (written !== undefined) break;
      else throw error;
    }
  }
  return written ?? {};
}

/** Whether there is one alone, and it tells of each run that whoever wrote it would have told of had they known of all. */
function isRight([only, ...more]: readonly Existing[], known: readonly Past[]): boolean {
  const [about] = only?.told ?? [];
  if (only === undefined || about === undefined || more.length > 0) return false;
  return [about, ...without(about, known)].slice(0, mostHistory).every((run) => tells(only.told, run));
}

/**
 * The oldest one about the environment, and after it those that are its doubles beyond doubt: by the same author, and from
 * beginning to end as they are written here.
 *
 * Anybody may write the mark into a comment, and could change that later: only this token's own counts, or a bot's.
 */
async function ownComments(api: GithubApi, pullRequest: number, environment: string): Promise<readonly Existing[]> {
  const marked = (await api.list(`/issues/${pullRequest}/comments`))
    .flatMap((comment) => existingFrom(comment, environment))
    .sort((a, b) => a.id - b.id);
  const bots = marked.filter(({ isBot }) => isBot);
  const self = bots.length > 0 || marked.length === 0 ? undefined : await login(api);
  const [oldest, ...others] = bots.length > 0 ? bots : marked.filter((comment) => comment.login === self);
  if (oldest === undefined) return [];
  return [oldest, ...others.filter((other) => other.login === oldest.login && other.isWhole)];
}

/** Whose token it is; undefined for the one of a job, which is no user's. */
async function login(api: GithubApi): Promise<string | undefined> {
  try {
    const { login: own } = Object(await api.user()) as { readonly login?: unknown };
    return typeof own === 'string' ? own : undefined;
  } catch (error) {
    if (error instanceof GithubError && (error.status === 401 || error.status === 403)) return undefined;
    throw error;
  }
}

function existingFrom(value: unknown, environment: string): readonly Existing[] {
  const { id, body, user } = Object(value) as Record<string, unknown>;
  const { login: author = '', type } = Object(user) as Record<string, unknown>;
  if (typeof id !== 'number' || typeof body !== 'string' || !body.includes(markOf(environment))) return [];
  const told = readHistory(body, environment);
  // No other mark can end within the last one, nor anything else stand behind its end.
  const isWhole =
    told.length > 0 && body.indexOf('-->', body.lastIndexOf(markOf(environment))) === body.trimEnd().length - 3;
  return [{ ...writtenFrom(value), id, login: String(author), isBot: type === 'Bot', told, isWhole }];
}

function absent(error: unknown): void {
  if (!(error instanceof GithubError && error.status === 404)) throw error;
}

function writtenFrom(answer: unknown): Written {
  const { html_url: url } = Object(answer) as { readonly html_url?: unknown };
  return typeof url === 'string' ? { url } : {};
}
