import type { Difference } from '../deployment/drift.js';
import { comparable, type SupervisionChange } from '../release/supervision.js';
import { placesOf, unlike } from '../release/tree-differences.js';
import { type Seen, sinceBoot, sinceParting } from './seen.js';

/** Where the supervision tree is not that of a cold boot, and which children do not run. */
export function childDifferences(seen: Seen): readonly Difference[] {
  const now = comparable(seen.state.tree);
  if ('unknown' in seen.boot) {
    const ended = placesOf(now).filter(({ running }) => !running);
    return ended.map(({ path }) => ofNow(seen, path, 'is not running; whether a cold boot starts it is not known'));
  }
  const then = seen.boot.state.tree;
  const { changes, missing } = unlike(seen.state.tree, then);
  // Below one that does not run nothing does, and one line says it.
  const below = (place: string) => missing.some(({ path }) => place === path || place.startsWith(`${path}/`));
  const loaded = new Set(seen.running.applications.map(({ name }) => name));
  const stopped = missing.filter(({ path }) => then[path] !== undefined && now[path] === undefined);
  return [
    ...stopped
      .filter(({ path }) => loaded.has(path))
      .map(({ path }) => ofNow(seen, path, 'is not running: the application has stopped')),
    ...changes.filter((change) => !below(change.path)).map((change) => ofChange(seen, change)),
    ...missing
      .filter((place) => !stopped.includes(place))
      .map(({ path, mayEnd }) => {
        const why = mayEnd
          ? 'it was terminated, or has ended by itself, as it may'
          : 'it was terminated, or its start failed';
        return ofNow(seen, path, `is not running: ${why}`);
      }),
  ];
}

function ofNow(seen: Seen, subject: string, message: string): Difference {
  return { kind: 'child', subject, message, since: sinceBoot(seen) };
}

function ofChange(seen: Seen, change: SupervisionChange): Difference {
  const [subject, message] = words(change);
  // With the image's own version nothing but somebody's hand has made it so.
  const since = seen.running.version === seen.meant.release.version ? sinceBoot(seen) : sinceParting(seen);
  return { kind: 'child', subject, message, since };
}

function words(change: SupervisionChange): readonly [subject: string, message: string] {
  switch (change.kind) {
    case 'child-added':
      return [`${change.path}/${change.child.id}`, 'is started by a cold boot, and its supervisor does not know it'];
    case 'child-removed':
      return [`${change.path}/${change.child.id}`, 'is a child here, and none after a cold boot'];
    case 'spec-changed':
      return [`${change.path}/${change.child.id}`, 'is specified differently than after a cold boot'];
    case 'process-changed':
      return [
        `${change.path}/${change.child.id}`,
        `is a process of ${change.child.runs}, and of ${change.to.runs} after a cold boot`,
      ];
    case 'order-changed':
      return [change.path, 'has its children in another order than after a cold boot'];
    case 'settings-changed':
      return [change.path, 'has another strategy, restart intensity or callback module than after a cold boot'];
    case 'top-changed':
      return [
        change.path,
        change.supervisor.type === 'unanswering'
          ? 'is a supervisor that does not answer: busy, or suspended'
          : 'is a process of another kind than after a cold boot',
      ];
  }
}
