/** Runs work at once, or once others have ended. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets at most so many run at the same time; all of them from the moment on when there is no time to wait for a turn. */
export function turns(most: number, hurried: AbortSignal): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  const hurry = () => {
    for (const begin of waiting.splice(0)) {
      running += 1;
      begin();
    }
  };
  hurried.addEventListener('abort', hurry, { once: true });
  return async (work) => {
    if (running < most || hurried.aborted) running += 1;
    // The turn of the one that has ended is handed over.
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
