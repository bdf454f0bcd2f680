import { againstAll, remark } from '../reasons/make.js';
import type { Reason } from '../reasons/reason.js';

/** Whether a release came up in a container of its own; `ended`: its container ended, which is no question of patience. */
export type Boots =
  | { readonly kind: 'booted' }
  | { readonly kind: 'failed'; readonly why: string; readonly ended?: true };

/**
 * The one rule of who is at fault when the new release does not boot in a container of its own: the release, if what runs boots
 * there; the isolation, if neither does. Then, and if the new one only took too long, the deploy goes on and is judged by how it serves.
 */
export function judgeBoots(version: string, old: Boots, next: Boots): readonly Reason[] {
  if (next.kind === 'booted') return [];
  const why = next.why.replace(/\.$/, '');
  if (old.kind === 'booted' && next.ended) {
    const message = `What runs boots in a container of its own, and ${version} does not: ${why}. Mend the release, or give it what it needs by rehearse-env and rehearse-network. Only \`strategy: restart\` goes on.`;
    return [againstAll('cold-boot-failed', version, message)];
  }
  const blame =
    old.kind === 'failed'
      ? `Neither what runs nor ${version} boots in a container of its own, so that says nothing against the release`
      : `${version} did not boot in a container of its own in time`;
  const message = `${blame}: ${why}. The deploy goes on, and health and probe judge it. rehearse-env and rehearse-network give it what it needs there.`;
  return [remark('unrehearsed', version, message)];
}
