import type { ContainerSummary } from '../engines/engine.js';
import { isMarked, meantName } from '../engines/names.js';
import { holderLabel, lockLabel, roleLabel, runLabel } from '../engines/throw-away.js';
import { distance } from '../system/nearest.js';

/** Which containers are meant. */
export type Selector =
  | { readonly by: 'name'; readonly name: string }
  | { readonly by: 'label'; readonly key: string; readonly value: string }
  | { readonly by: 'compose'; readonly project: string; readonly service: string };

/** A selector meant no container: nothing can be deployed, and the sentence names what there is. */
export class NothingSelected extends Error {
  override readonly name = 'NothingSelected';
}

/**
 * The containers in the selectors' order, and by name within one; each once. Stopped ones too: to leave one out silently
 * would be a deploy that says it is done.
 *
 * @throws NothingSelected where any selector means none
 */
export function select(
  containers: readonly ContainerSummary[],
  selectors: readonly Selector[],
): readonly ContainerSummary[] {
  const chosen = selectors.flatMap((selector) => {
    const found = containers.filter((container) => means(selector, container)).toSorted(byName);
    if (found.length === 0) throw new NothingSelected(nothing(selector, containers));
    return found;
  });
  return [...new Map(chosen.map((container) => [container.id, container])).values()];
}

/** The name without what links from other containers add: `OTHER/ALIAS` is no name of its own. */
export function ownName(container: Pick<ContainerSummary, 'id' | 'names'>): string {
  return container.names.find((name) => !name.includes('/')) ?? container.id.slice(0, 12);
}

/**
 * The ids of all containers that the selectors mean, also where a restart was cut off while no container had the name: those
 * that stand for it are known by theirs.
 */
export function standFor(containers: readonly ContainerSummary[], selectors: readonly Selector[]): readonly string[] {
  const meant = selectors.flatMap((selector) =>
    containers.filter((each) => isMeant([selector], each, meantName(ownName(each)))),
  );
  return [...new Set(meant.map(({ id }) => id))];
}

/** Whether a container would be meant if it had this name. */
export function isMeant(selectors: readonly Selector[], container: ContainerSummary, name: string): boolean {
  return selectors.some((selector) => means(selector, { ...container, names: [name] }));
}

export function means(selector: Selector, container: Pick<ContainerSummary, 'id' | 'names' | 'labels'>): boolean {
  if (selector.by === 'name') return ownName(container) === selector.name;
  if (isOurs(container)) return false;
  if (selector.by === 'label') return container.labels[selector.key] === selector.value;
  return (
    container.labels['com.docker.compose.project'] === selector.project &&
    container.labels['com.docker.compose.service'] === selector.service &&
    // `docker compose run` leaves containers of the same service that serve nobody.
    container.labels['com.docker.compose.oneoff'] !== 'True'
  );
}

/**
 * What a re-creation that was cut short left behind, and what it keeps for a way back, carry the labels of the one they
 * stand beside; a lock and a throw-away container, those of their image. These two also say which run has made them.
 */
function isOurs(container: Pick<ContainerSummary, 'id' | 'names' | 'labels'>): boolean {
  const { labels } = container;
  const isMade = (roleLabel in labels || lockLabel in labels) && runLabel in labels && holderLabel in labels;
  return isMade || isMarked(ownName(container));
}

/** `web-2` before `web-10`. */
function byName(one: ContainerSummary, other: ContainerSummary): number {
  return ownName(one).localeCompare(ownName(other), 'en', { numeric: true });
}

/** Offers what there is instead: nothing of ours, which nobody deploys to. */
function nothing(selector: Selector, all: readonly ContainerSummary[]): string {
  const containers = all.filter((container) => !isOurs(container));
  switch (selector.by) {
    case 'name':
      return sentence(`has the name ${selector.name}`, selector.name, containers.map(ownName));
    case 'label': {
      const values = containers.flatMap(({ labels }) => labels[selector.key] ?? []);
      const asked = `${selector.key}=${selector.value}`;
      return sentence(
        `has the label ${asked}`,
        asked,
        values.map((value) => `${selector.key}=${value}`),
      );
    }
    case 'compose': {
      const asked = `${selector.project}/${selector.service}`;
      return sentence(`is of the compose service ${asked}`, asked, containers.flatMap(composeService));
    }
  }
}

function composeService({ labels }: ContainerSummary): readonly string[] {
  const { 'com.docker.compose.project': project, 'com.docker.compose.service': service } = labels;
  return project === undefined || service === undefined ? [] : [`${project}/${service}`];
}

const mostNamed = 10;

function sentence(property: string, asked: string, existing: readonly string[]): string {
  const near = [...new Set(existing)].toSorted(
    (a, b) => unlike(asked, a) - unlike(asked, b) || a.localeCompare(b, 'en'),
  );
  if (near.length === 0) return `No container ${property}, and none has anything of the kind: start it first.`;
  const more = near.length > mostNamed ? `, and ${near.length - mostNamed} more` : '';
  return `No container ${property}. There is ${near.slice(0, mostNamed).join(', ')}${more}.`;
}

/** One that holds the other is near, then the fewest letters to change. */
function unlike(asked: string, existing: string): number {
  return existing.includes(asked) || asked.includes(existing) ? 0 : distance(asked, existing);
}
