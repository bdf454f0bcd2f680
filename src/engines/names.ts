import { type ContainerDetails, nameOf } from './details.js';
import { shortId } from './endpoints.js';

/** The names that a restart uses. */
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
  return named(nameOf(container), shortId(container));
}

/** With the id of the kept container behind: by it a kept one that takes a place is told from one that was made for it. */
export function revivalNames(running: ContainerDetails, kept: ContainerDetails): Names {
  return named(nameOf(running), `${shortId(running)}${shortId(kept)}`);
}

/** The name under which a container stays for a way back. */
export function previousName(own: string, container: { readonly Id: string }): string {
  return `${own}.hot-deploy-previous-${shortId(container)}`;
}

/** The name of the container that one was kept of; undefined for any other name. */
export function keptOf(name: string): string | undefined {
  const [, own, place] = mark.exec(name) ?? [];
  return place === 'previous' ? own : undefined;
}

/** Whether a name was given by a restart, and is nobody's own. */
export function isMarked(name: string): boolean {
  return mark.test(name);
}

/** The name that a container has or stands for: one that a restart put aside for a while has its own behind. */
export function meantName(name: string): string {
  const [, own, place] = mark.exec(name) ?? [];
  return own === undefined || place === 'previous' ? name : own;
}

const mark = /^(.+)\.hot-deploy-(old|new|previous)-([0-9a-f]{12})([0-9a-f]{12})?$/;

/** What such a name says; undefined for any other name. */
export function readMark(own: string, name: string): Mark | undefined {
  const [, of, place, old, revived] = mark.exec(name) ?? [];
  if (of !== own || old === undefined || place === 'previous') return undefined;
  const names = named(own, `${old}${revived ?? ''}`);
  return { place: place === 'old' ? 'old' : 'fresh', names, old, ...(revived !== undefined && { revived }) };
}

export interface Mark {
  readonly place: 'old' | 'fresh';
  readonly names: Names;
  /** The short id of the container whose place is taken. */
  readonly old: string;
  /** The short id of the kept container that takes it; absent where a new one was made. */
  readonly revived?: string;
}

function named(own: string, ids: string): Names {
  return { own, old: `${own}.hot-deploy-old-${ids}`, fresh: `${own}.hot-deploy-new-${ids}` };
}

/** Whether an id is that of a node which is reached through another one of its cluster: no container's id or name has an @. */
export function isNode(id: string): boolean {
  return id.includes('@');
}
