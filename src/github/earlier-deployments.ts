import { imageReferenceShape } from '../config/from.js';
import type { Deployed, EarlierDeployments } from '../deployment/run-context.js';
import { isCommit } from '../release/revision.js';
import { once } from '../system/once.js';
import type { GithubApi } from './api.js';
import { isOwn, type Listed, type ListedStatus, latestDeployments, statusesOf } from './listed-deployments.js';
import { measuredIn } from './measured.js';

/** Each costs a request. Who deploys more often than that without one success has other worries. */
const mostAsked = 20;
const mostMeasured = 5;
/** One that was begun before another and waited for it has ended after it. */
const mostWaiting = 4;

/** What was asked once is not asked again: both questions are about the same deployments. */
export function earlierDeployments(api: GithubApi): EarlierDeployments {
  const [lists, states] = [once<readonly Listed[]>(), once<readonly ListedStatus[]>()];
  const statuses = (each: Listed) => states(String(each.id), () => statusesOf(api, each));
  const listed = async (environment: string): Promise<readonly Listed[]> => {
    const latest = await lists(environment, () => latestDeployments(api, environment, mostAsked));
    const all = latest.filter(({ commit }) => isCommit(commit));
    // A job with an `environment` of its own is listed by GitHub, too, and does not say what it has deployed.
    return all.some(isOwn) ? all.filter(isOwn) : all;
  };
  return {
    last: async (environment) => {
      let last: { readonly deployment: Listed; readonly at: string } | undefined;
      let looked = 0;
      for (const deployment of await listed(environment)) {
        // Later ones make it inactive.
        const success = (await statuses(deployment)).find(({ state }) => state === 'success');
        const isLast = success !== undefined && (last === undefined || success.at > last.at);
        if (isLast) last = { deployment, at: success.at };
        if (last !== undefined && ++looked > mostWaiting) break;
      }
      return last && deployed(last.deployment);
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

/** Undefined where whoever has listed it did not know of which commit it was. */
function deployed({ commit, at, payload }: Listed): Deployed | undefined {
  const { image, commit: told } = payload;
  if (told === 'unknown') return undefined;
  const isNamed = typeof image === 'string' && imageReferenceShape.test(image);
  return { commit, ...(isNamed && { image }), ...(at !== undefined && { at }) };
}
