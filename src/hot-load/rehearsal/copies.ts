import type { Node } from '../../node/node.js';
import { atom, binary, map, type Term, text, tuple } from '../../node/term.js';
import { against } from '../../reasons/make.js';
import type { Reason } from '../../reasons/reason.js';
import type { ProcessState } from '../../release/facts.js';
import { plainName, plainPlace } from '../../release/modules.js';
import { difference, isShape, outline, type Shape } from '../../release/shape.js';
import { either, type Is, isText, listOf, membersOf, optional } from '../../system/shape.js';

/** The state of a process that serves, on its way to where it is migrated. Holds secrets: never to be printed. */
export interface Copy {
  readonly place: string;
  readonly module: string;
  readonly copy: string;
}

/** What the new code_change made of one. */
export type Migrated = Pick<Copy, 'place' | 'module'> &
  (
    | { readonly failed: string }
    | {
        /** Before it was migrated. */
        readonly was: Shape;
        readonly shape: Shape;
        /** What the new code says that such a struct has. */
        readonly declared?: Shape;
      }
  );

/** What could be copied, and of which kinds of process nothing could: too large, too busy, or too many. */
export interface Copies {
  readonly copies: readonly Copy[];
  readonly uncopied: readonly Pick<Copy, 'place' | 'module'>[];
}

/** Copies the states of a few processes of each kind; none where the modules hold no processes. */
export async function takeCopies(node: Node, modules: readonly string[]): Promise<Copies> {
  if (modules.length === 0) {
    return { copies: [], uncopied: [] };
  }
  const argument = map({ modules: modules.map(atom) });
  const request = { set: 'copies', module: 'hot_deploy_copies', function: 'take', argument } as const;
  return await node.ask<Copies>(request, isCopies);
}

const isCopies = membersOf({
  copies: listOf(membersOf({ place: isText, module: isText, copy: isText })),
  uncopied: listOf(membersOf({ place: isText, module: isText })),
});
const isMigrated = listOf(
  either(
    membersOf({ place: isText, module: isText, failed: isText }),
    membersOf({ place: isText, module: isText, was: isShape, shape: isShape, declared: optional(isShape) }),
  ),
) as Is<unknown> as Is<readonly Migrated[]>;

const migrationTimeoutMs = 120_000;

/** Runs the new code_change on copies, on a node that runs the new code and serves nobody. */
export async function migrateCopies(node: Node, copies: readonly Copy[]): Promise<readonly Migrated[]> {
  if (copies.length === 0) {
    return [];
  }
  const request = {
    set: 'copies',
    module: 'hot_deploy_copies',
    function: 'migrate',
    argument: map({ copies: copies.map(asTerm) }),
  } as const;
  return await node.ask(request, isMigrated, migrationTimeoutMs);
}

/** Runs the code_change of the way down on copies, on a node that still runs the newer code; `to` are the older code's directories. */
export async function migrateDown(
  node: Node,
  copies: readonly Copy[],
  to: readonly string[],
): Promise<readonly Migrated[]> {
  if (copies.length === 0) {
    return [];
  }
  const request = {
    set: 'copies',
    module: 'hot_deploy_copies',
    function: 'migrate_down',
    argument: map({ copies: copies.map(asTerm), to: to.map(text) }),
  } as const;
  return await node.ask(request, isMigrated, migrationTimeoutMs);
}

function asTerm({ place, module, copy }: Copy): Term {
  return tuple(binary(place), atom(module), binary(copy));
}

/** Why a process that serves would not come through, for each kind of process once. Pure. */
export function judgeCopies(
  migrated: readonly Migrated[],
  /** The states after a cold boot of the new release, and of the old one. */
  { booted, before }: { readonly booted: readonly ProcessState[]; readonly before: readonly ProcessState[] },
): readonly Reason[] {
  const reasons = migrated.flatMap((each) => {
    const what = isStore(each, before) ? undefined : wrong(each, booted);
    return what === undefined ? [] : [lost(each, what)];
  });
  return [...new Map(reasons.map((reason) => [reason.subject, reason])).values()];
}

function wrong(each: Migrated, booted: readonly ProcessState[]): string | undefined {
  if ('failed' in each) {
    return `its new code_change failed on a copy: ${each.failed}`;
  }
  const counterparts = alike(each, booted);
  const wanted = counterparts.length > 0 ? counterparts : each.declared === undefined ? [] : [each.declared];
  const differences = wanted.map((shape) => difference(outline(each.shape), outline(shape)));
  return differences.includes(undefined) ? undefined : differences[0];
}

/** What differs from a boot of the same release already is what it was told since it started, and no structure. */
function isStore(each: Migrated, before: readonly ProcessState[]): boolean {
  if ('failed' in each) {
    return false;
  }
  const usual = alike(each, before);
  return usual.length > 0 && usual.every((shape) => difference(outline(each.was), outline(shape)) !== undefined);
}

function alike(each: Migrated, states: readonly ProcessState[]): readonly Shape[] {
  return states.filter(({ place, module }) => place === each.place && module === each.module).map(({ shape }) => shape);
}

function lost({ place, module }: Migrated, what: string): Reason {
  return against(
    'state-shape-changed',
    plainName(module),
    `Of a process that runs now (${plainPlace(place)}): ${what}. Write a code_change that brings the old state into the new shape, or leave it to a restart.`,
  );
}
