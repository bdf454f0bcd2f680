/** Why a request was not answered, as a person reads it. */
export function inWords(failure: string, timeoutMs?: number): string {
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'host not reachable',
    ENETUNREACH: 'network not reachable',
    ENOTFOUND: 'host not found',
    timeout: timeoutMs === undefined ? 'timed out' : `timed out after ${timeoutMs / 1_000} s`,
  };
  return known[failure] ?? failure;
}
