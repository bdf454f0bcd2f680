import { type Is, isText, listOf, mapOf, membersOf, optional } from '../system/shape.js';

/** The kind of thing a term is, and of the things in it, as the agent tells it: never what it says. */
export type Shape =
  | string
  | { readonly elements: readonly Shape[] }
  | { readonly struct?: string; readonly members: Readonly<Record<string, Shape>> };

export const isShape: Is<Shape> = (value): value is Shape => isText(value) || isElements(value) || isStruct(value);
const isElements = membersOf({ elements: listOf(isShape) });
const isStruct = membersOf({ struct: optional(isText), members: mapOf(isShape) });

/**
 * Where one shape is not the other, in words; undefined where a process that has the one could as well have the other.
 * Nothing (`nil`, `undefined`) stands for whatever will be there later.
 */
export function difference(found: Shape, wanted: Shape, at = 'the state'): string | undefined {
  if (found === wanted || found === 'none' || wanted === 'none') {
    return undefined;
  }
  if (typeof found === 'object' && typeof wanted === 'object') {
    if ('elements' in found && 'elements' in wanted) {
      return ofElements(found.elements, wanted.elements, at);
    }
    if ('members' in found && 'members' in wanted) {
      return ofMembers(found, wanted, at);
    }
  }
  // Variants such as `:idle` and `{:busy, pid}` are states of one thing.
  const kinds = [kind(found), kind(wanted)];
  const same = kinds[0] === kinds[1] || (kinds.includes('atom') && kinds.includes('tuple'));
  return same ? undefined : `${at} is ${describe(found)}, and after a cold boot ${describe(wanted)}`;
}

function ofElements(found: readonly Shape[], wanted: readonly Shape[], at: string): string | undefined {
  return found.length === wanted.length
    ? first(
        found.map((element, index) => difference(element, wanted[index] ?? 'none', `element ${index + 1} of ${at}`)),
      )
    : `${at} is a tuple of ${found.length}, and after a cold boot of ${wanted.length}`;
}

type Members = Extract<Shape, { members: unknown }>;

function ofMembers(found: Members, wanted: Members, at: string): string | undefined {
  if (found.struct !== wanted.struct) {
    return `${at} is ${describe(found)}, and after a cold boot ${describe(wanted)}`;
  }
  const [here, there] = [Object.keys(found.members), Object.keys(wanted.members)];
  // Below the top an empty map may be a store that nobody has put anything into.
  if (at !== 'the state' && found.struct === undefined && (here.length === 0 || there.length === 0)) {
    return undefined;
  }
  const missing = there.filter((key) => !(key in found.members));
  const extra = here.filter((key) => !(key in wanted.members));
  if (missing.length > 0 || extra.length > 0) {
    const parts = [
      ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
      ...(extra.length > 0 ? [`still has ${extra.join(', ')}`] : []),
    ];
    return `${at} ${parts.join(' and ')}`;
  }
  return first(
    there.map((key) => difference(found.members[key] ?? 'none', wanted.members[key] ?? 'none', member(key, at))),
  );
}

function member(key: string, at: string): string {
  return at === 'the state' ? `${key} in it` : `${key} in ${at}`;
}

function kind(shape: Shape): string {
  if (typeof shape === 'object') {
    return 'elements' in shape ? 'tuple' : 'map';
  }
  return shape === 'boolean' ? 'atom' : shape;
}

function describe(shape: Shape): string {
  if (typeof shape === 'object' && 'members' in shape && shape.struct !== undefined) {
    return `a ${shape.struct.replace(/^Elixir\./, '')} struct`;
  }
  return `${/^[aeiou]/.test(kind(shape)) ? 'an' : 'a'} ${kind(shape)}`;
}

/**
 * Only what structure it is at the top, and which structs are below: what else two processes of one kind differ in may be
 * what they were told since they started.
 */
export function outline(shape: Shape): Shape {
  if (typeof shape === 'string') {
    return shape;
  }
  return 'elements' in shape
    ? { elements: shape.elements.map(below) }
    : {
        ...shape,
        members: Object.fromEntries(Object.entries(shape.members).map(([key, value]) => [key, below(value)])),
      };
}

function below(shape: Shape): Shape {
  const structured = typeof shape === 'object' && 'members' in shape && shape.struct !== undefined;
  return structured ? outline(shape) : 'none';
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((each) => each !== undefined);
}
