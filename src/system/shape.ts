/** Says whether something that came from outside is what it is taken for. */
export type Is<T> = (value: unknown) => value is T;

export const isText: Is<string> = (value) => typeof value === 'string';
export const isFlag: Is<boolean> = (value) => typeof value === 'boolean';
export const isNumber: Is<number> = (value): value is number => Number.isFinite(value);
/** One of Erlang's, as the agent writes it: three of them are no text in JSON. */
export const isAtom: Is<string> = (value): value is string => isText(value) || oneOf(true, false, null)(value);
/** In milliseconds since 1970, of which a date can be made. */
export const isInstant: Is<number> = (value): value is number => isNumber(value) && Math.abs(value) <= 8.64e15;
/** What is looked at where it is used. */
export const isAnything: Is<unknown> = (_): _ is unknown => true;

export function oneOf<const T>(...values: readonly T[]): Is<T> {
  return (value): value is T => values.some((one) => one === value);
}

export function either<A, B>(one: Is<A>, other: Is<B>): Is<A | B> {
  return (value): value is A | B => one(value) || other(value);
}

/** Of a member: it may be missing. */
export function optional<T>(is: Is<T>): Is<T> {
  return (value): value is T => value === undefined || is(value);
}

/** The Engine says null of what is empty, or leaves it out. */
export function orNothing<T>(is: Is<T>): Is<T | null | undefined> {
  return either(is, oneOf(null, undefined));
}

export function listOf<T>(is: Is<T>): Is<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((each) => is(each));
}

/** A list of so many, each of its own kind. */
export function tupleOf<T extends readonly unknown[]>(...each: { readonly [K in keyof T]: Is<T[K]> }): Is<T> {
  return (value): value is T =>
    Array.isArray(value) && value.length === each.length && each.every((is, at) => is(value[at]));
}

export function mapOf<T>(is: Is<T>): Is<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isObject(value) && Object.values(value).every((each) => is(each));
}

/** What has these members; others are no matter. */
export function membersOf<T extends object>(members: { readonly [K in keyof T]-?: Is<T[K]> }): Is<T> {
  const known = Object.entries(members) as readonly (readonly [string, Is<unknown>])[];
  return (value): value is T =>
    isObject(value) && known.every(([name, is]) => is(Object.hasOwn(value, name) ? value[name] : undefined));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** More levels than anything has that is meant to be read; what looks into all of them would run out of stack before. */
const deepest = 500;

/** What a text of JSON says; undefined where it is none, or one thing lies in another without an end. */
export function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isShallow(value, deepest) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1));
}
