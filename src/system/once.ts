/** Does what a key stands for once, and lets everybody who asks wait for the same. */
export function once<T>(): (key: string, make: () => Promise<T>) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key, make) => {
    const known = made.get(key) ?? make();
    // Whoever waits is told of a failure; until then nobody may be waiting.
    known.catch(() => undefined);
    made.set(key, known);
    return known;
  };
}
