import type { Method } from '../report/report.js';
import type { GithubApi } from './api.js';
import { measuredIn } from './measured.js';

/** What GitHub's record says about earlier deploys of a repository. */
export interface EarlierDeployments {
  /**
   * What was deployed to an environment last, and stayed; undefined where nothing was.
   *
   * @throws GithubError
   */
  last(environment: string): Promise<Deployed | undefined>;
  /**
   * Milliseconds for which deploys by a method were down, the latest first: of those that measured it.
   *
   * @throws GithubError
   */
  downtimes(environment: string, method: Method): Promise<readonly number[]>;
}

export interface Deployed {
  readonly commit: string;
  /** The image's reference, where the deploy was one of hot-deploy's. */
  readonly image?: string;
  /** ISO 8601. */
  readonly at?: string;
}

/** Each costs a request. Who deploys more often than that without one success has other worries. */
const mostAsked = 20;
const mostMeasured = 5;

export function earlierDeployments(api: GithubApi): EarlierDeployments {
  const listed = async (environment: string): Promise<readonly Listed[]> => {
    const query = `environment=${encodeURIComponent(environment)}&per_page=${mostAsked}`;
    const answer = await api.get(`/deployments?${query}`);
    const all = (Array.isArray(answer) ? answer.flatMap(listedFrom) : []).sort((one, other) => other.id - one.id);
    // A job with an `environment` of its own is listed by GitHub, too, and does not say what it has deployed.
    return all.some(({ isOwn }) => isOwn) ? all.filter(({ isOwn }) => isOwn) : all;
  };
  const statuses = async ({ id }: Listed): Promise<readonly Status[]> => {
    const answer = await api.get(`/deployments/${id}/statuses?per_page=100`);
    return Array.isArray(answer) ? answer.flatMap(statusFrom) : [];
  };
  return {
    last: async (environment) => {
      for (const each of await listed(environment)) {
        // Later ones make it inactive.
        if ((await statuses(each)).some(({ state }) => state === 'success')) return each.deployed;
      }
      return undefined;
    },
    downtimes: async (environment, method) => {
      const found: number[] = [];
      for (const each of await listed(environment)) {
        const measured = (await statuses(each)).map(({ description }) => measuredIn(description));
        found.push(...measured.flatMap((one) => (one?.method === method ? [one.downtimeMs] : [])).slice(0, 1));
        if (found.length === mostMeasured) break;
      }
      return found;
    },
  };
}

interface Listed {
  readonly id: number;
  readonly isOwn: boolean;
  readonly deployed: Deployed;
}

interface Status {
  readonly state: string;
  readonly description: string;
}

function listedFrom(value: unknown): readonly Listed[] {
  const { id, sha, payload, created_at: at } = Object(value) as Record<string, unknown>;
  if (typeof id !== 'number' || typeof sha !== 'string' || !/^[0-9a-f]{40,64}$/.test(sha)) return [];
  const { schema, image } = Object(payload) as Record<string, unknown>;
  const isImage = typeof image === 'string' && /^[a-zA-Z0-9][\w.:@/-]*$/.test(image);
  const deployed = { commit: sha, ...(isImage && { image }), ...(typeof at === 'string' && { at }) };
  return [{ id, isOwn: schema === 1, deployed }];
}

function statusFrom(value: unknown): readonly Status[] {
  const { state, description } = Object(value) as Record<string, unknown>;
  return [{ state: String(state), description: typeof description === 'string' ? description : '' }];
}
