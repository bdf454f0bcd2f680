/** One after another: what each takes in memory is free again when the next one has its turn. */
export async function inTurn<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<readonly R[]> {
  const done: R[] = [];
  for (const each of all) done.push(await work(each));
  return done;
}
