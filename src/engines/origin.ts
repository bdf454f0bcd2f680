import type { ContainerDetails } from './details.js';
import { referenceLabel } from './throw-away.js';

/**
 * The name of the image that a container's own definition has: what a compose file or a `docker run` said. A restart to another
 * image keeps it in a label, since the container itself only names the image that it was made from. Undefined for a bare id.
 */
export function originOf({ Config: { Image: image, Labels: labels } }: ContainerDetails): string | undefined {
  const reference = labels?.[referenceLabel] || image;
  return /^(sha256:)?[0-9a-f]{12,64}$/.test(reference) ? undefined : reference;
}

/**
 * Whether a name means whatever is newest, as `live` and `latest` do. A tag with a digit, a commit and a digest mean one version,
 * and such a name never moves by itself.
 */
export function isChannel(reference: string): boolean {
  if (reference.includes('@')) return false;
  const tag = /:([^:/]+)$/.exec(reference)?.[1] ?? 'latest';
  return !/\d/.test(tag) && !/^[a-f]{7,40}$/i.test(tag);
}

/** Whether two names are one: a name without a tag means `latest`. */
export function sameName(one: string, other: string): boolean {
  const whole = (reference: string) => (/[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`);
  return whole(one) === whole(other);
}
