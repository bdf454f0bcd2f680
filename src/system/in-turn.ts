/**
 * Runs `work` for each, `atOnce` at a time: the memory that one takes is free when the next one begins. After a failure no other
 * begins, and those that have begun are waited for.
 *
 * @throws the failure that is first in the order of `all`
 */
export async function inTurn<T, R>(
  all: readonly T[],
  work: (each: T) => Promise<R>,
  atOnce = 1,
): Promise<readonly R[]> {
  const done: R[] = [];
  const failures: { readonly error: unknown }[] = [];
  const waiting = [...all.entries()];
  const line = async () => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const [at, one] = each;
      try {
        done[at] = await work(one);
      } catch (error) {
        failures[at] = { error };
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  const first = failures.find((each) => each !== undefined);
  if (first !== undefined) throw first.error;
  return done;
}
