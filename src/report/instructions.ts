import type { Sentence } from '../strategies/strategy.js';
import { number } from './count.js';

/** What an upgrade does, with how many processes it holds in all containers together. */
export function tell(
  sentences: readonly Sentence[],
  counts: readonly Readonly<Record<string, number>>[],
): readonly string[] {
  return sentences.map(({ text, holds }) => {
    if (holds === undefined) {
      return text;
    }
    const found = counts.reduce((sum, each) => sum + (each[holds] ?? 0), 0);
    return `${text}, ${found === 0 ? 'no process' : `${number(found)} process${found === 1 ? '' : 'es'}`}`;
  });
}
