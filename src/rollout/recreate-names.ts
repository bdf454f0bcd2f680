import type { ContainerDetails } from '../docker/details.js';
import { shortId } from '../docker/endpoints.js';

/** The names that a re-creation uses. */
export interface Names {
  /** What users and other containers know. */
  readonly own: string;
  /** The old container's while the new one has its name. */
  readonly old: string;
  /** The new container's until the old one has stopped. */
  readonly fresh: string;
}

/** Named after the old container's id: whoever finds one after a crash sees what it belongs to, and the next try finds it. */
export function namesFor(container: ContainerDetails): Names {
  const own = container.Name.replace(/^\//, '');
  return {
    own,
    old: `${own}.hot-deploy-old-${shortId(container)}`,
    fresh: `${own}.hot-deploy-new-${shortId(container)}`,
  };
}
