import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import type { Clock } from '../system/log.js';

/** How long the addresses of a name are used before they are looked up again, beside the requests. */
const FRESH_MS = 2000;

type Look = (hostname: string, options: { readonly all: true }) => Promise<readonly LookupAddress[]>;

/**
 * Looks a name up once for many requests. Node's own lookup takes one of four threads that reading files and unpacking
 * archives also wait for, so a busy deploy would delay the requests, and the service would be blamed.
 */
export function rememberedLookup(clock: Clock, look: Look = lookup): LookupFunction {
  let known: Promise<readonly LookupAddress[]> | undefined;
  let askedAt = 0;

  const addressesOf = (hostname: string): Promise<readonly LookupAddress[]> => {
    const now = clock.now();
    if (known !== undefined && now - askedAt < FRESH_MS) return known;
    askedAt = now;
    const fresh = look(hostname, { all: true });
    const use = () => {
      known = fresh;
    };
    // Until the new addresses are there, and also where they cannot be had, the old ones serve.
    if (known !== undefined) fresh.then(use, () => undefined);
    else known = fresh;
    return known;
  };

  return (hostname, options, callback) => {
    addressesOf(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all === true || first === undefined) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error) => {
        known = undefined;
        callback(error, []);
      },
    );
  };
}
