import type { ImageName } from '../deployment/drift.js';
import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';

/** The image that a new container would be made from. */
export interface MeantImage {
  readonly reference: string;
  readonly details: ImageDetails;
  /** Whether the container was made from an id that no tag names any more, so that nobody knows what would be next. */
  readonly nameless: boolean;
  /** ISO 8601. */
  readonly taggedAt?: string;
}

/** `given` is what the user named; else the container's own reference decides, by what it stands for now. */
export async function findMeant(
  engine: Engine,
  container: ContainerDetails,
  given: string | undefined,
): Promise<MeantImage | { readonly reference: string; readonly details: undefined }> {
  const reference = given ?? container.Config.Image;
  const details = await engine.findImage(reference);
  if (details === undefined) {
    return { reference, details };
  }
  // An id names one image for ever; whoever makes a new container writes its tag.
  const [tag] = isId(reference) ? (details.RepoTags ?? []) : [reference];
  const taggedAt = lastTagged(details);
  const nameless = given === undefined && tag === undefined;
  return { reference: tag ?? reference, details, nameless, ...(taggedAt && { taggedAt }) };
}

export const nameImage = ({ Id: id, RepoTags: names }: ImageDetails): ImageName => ({ id, names: names ?? [] });

const isId = (reference: string) => /^(sha256:)?[0-9a-f]{12,64}$/.test(reference);

/** The engine writes the year one where it has not tagged it itself. */
function lastTagged(details: ImageDetails): string | undefined {
  const { LastTagTime: time = '' } = (details as { Metadata?: { LastTagTime?: string } }).Metadata ?? {};
  return time === '' || time.startsWith('0001-') ? undefined : new Date(time).toISOString();
}
