import type { Clock } from '../../system/log.js';

const attempts = 6;
const pauseMs = 200;

/** Reads until it is good, a second or so; answers what was read last. */
export async function settled<T>(clock: Clock, read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const value = await read();
    if (good(value) || attempt === attempts) {
      return value;
    }
    await clock.sleep(pauseMs);
  }
}
