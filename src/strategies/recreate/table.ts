import type { Side, Step } from '../../journal/entry.js';
import type { Replacement, ReplacementState } from './state.js';

/** How far a restart came of which something is left to finish or undo. */
export type Stage = Exclude<ReplacementState['kind'], 'none' | 'unclear'>;

/** What is done about it, in words for people. Each may be carried out again, and ends where it began if it was. */
export const acts = {
  'await-stop': 'wait whether the old container still ends; if it does, go on as after a stop',
  'end-old': 'stop what ran before, if the engine has started it again',
  'await-removal': 'wait until the engine has removed an old container with `--rm`',
  'return-policy': 'give the old container its restart policy back',
  'retire-new': 'stop the new container, and give it its first name again',
  'return-old': 'give the old container its name back, and start it',
  'discard-new': 'remove the new container; one that was kept is kept again',
  'await-old': 'wait until the old container is healthy',
  'place-new': 'give the new container the name, and start it',
  'await-new': 'wait until the new container is healthy; if it is not, undo',
  'pass-policy': 'give the new container the restart policy',
  'keep-old': 'keep the old container, stopped',
} as const;
export type Act = keyof typeof acts;

/**
 * What is done about a restart that was cut off: by the side to which its run goes, and by how far it came. hot-deploy itself
 * goes by this table, and its script of bash is made with it. Where the new container is gone, or was never started, there is
 * nothing to finish: then it is undone.
 */
export const recoveryActs: Readonly<Record<Side, Readonly<Partial<Record<Stage, readonly Act[]>>>>> = {
  undo: {
    begun: ['await-stop', 'return-policy', 'discard-new', 'await-old'],
    stopped: ['await-removal', 'return-policy', 'retire-new', 'return-old', 'discard-new', 'await-old'],
    switched: ['await-removal', 'return-policy', 'retire-new', 'return-old', 'discard-new', 'await-old'],
  },
  finish: {
    stopped: ['end-old', 'await-removal', 'place-new', 'await-new', 'pass-policy', 'keep-old'],
    switched: ['end-old', 'await-new', 'pass-policy', 'keep-old'],
  },
};

/** What is to be done, in its order. */
export function actsFor(side: Side, { kind, fresh }: { readonly kind: Stage } & Replacement): readonly Act[] | 'undo' {
  return side === 'finish' && fresh === undefined ? 'undo' : (recoveryActs[side][kind] ?? 'undo');
}

/** After these the engine may still be carrying out a stop of the old container, for whoever has asked for it. */
export const stopping: readonly Step[] = ['stop', 'restore'];
