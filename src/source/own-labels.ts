import type { ImageDetails } from '../engines/details.js';
import { ownLabels } from '../engines/throw-away.js';
import { Refusal } from '../reasons/refusal.js';

/**
 * A container inherits the labels of its image, and would pass for one that hot-deploy has made.
 *
 * @throws Refusal where the image has any of hot-deploy's own
 */
export function refuseOwnLabels({ Config: { Labels: labels } }: ImageDetails, reference: string): void {
  const own = ownLabels.filter((label) => label in (labels ?? {}));
  if (own.length === 0) return;
  throw new Refusal(
    `The image ${reference} has the label ${own.join(', ')}, by which hot-deploy knows its own containers: remove it from the Dockerfile. An image that was made by docker commit has it from its container.`,
  );
}
