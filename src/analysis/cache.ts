import { once } from '../system/once.js';

/** What is read or made once for all targets of a run. `what` names the kind of thing, `key` tells one from another. */
export type Cache = <T>(what: string, key: string, make: () => Promise<T>) => Promise<T>;

export function newCache(): Cache {
  const known = once<unknown>();
  return <T>(what: string, key: string, make: () => Promise<T>) => known(`${what} ${key}`, make) as Promise<T>;
}
