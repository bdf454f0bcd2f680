import { randomBytes, randomUUID } from 'node:crypto';
import type { Mark } from '../engines/throw-away.js';
import type { Clock } from '../system/log.js';
import { type Holder, thisHolder, userAtHost } from './holder.js';

/** One run of hot-deploy, from its beginning to its report. */
export interface Run {
  /** A UUID. */
  readonly id: string;
  /** What it makes for itself has this in a label, which nobody else can know. */
  readonly nonce: string;
  readonly holder: Holder;
  /** Its page, where it runs on GitHub. */
  readonly url?: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

export function newRun(environment: NodeJS.ProcessEnv, clock: Pick<Clock, 'date'>): Run {
  const url = runUrl(environment);
  return {
    id: randomUUID(),
    nonce: randomBytes(16).toString('hex'),
    holder: thisHolder(url ?? userAtHost()),
    ...(url && { url }),
    startedAt: new Date(clock.date()).toISOString(),
  };
}

/** By what is known what it makes for itself. */
export const markOf = ({ id: run, nonce }: Pick<Run, 'id' | 'nonce'>): Mark => ({ run, nonce });

/** The page of a run on GitHub; undefined elsewhere. */
export function runUrl(environment: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = environment;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
