/** What was asked for cannot be meant: nothing ran, and each sentence says what was given and what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  /** One or more; the message holds them all. */
  readonly mistakes: readonly string[];

  constructor(mistakes: string | readonly string[], options?: ErrorOptions) {
    const all = typeof mistakes === 'string' ? [mistakes] : [...new Set(mistakes)];
    super(
      all.length === 1 ? all[0] : [`${all.length} mistakes:`, ...all.map((each) => `- ${each}`)].join('\n'),
      options,
    );
    this.mistakes = all;
  }
}

/** Mistakes that a front door found while it took its words apart. */
export interface Before {
  readonly sentences: readonly string[];
  /** Its words did not say what to do. */
  readonly about?: 'mode';
}

/** Collects the mistakes of several readers, to tell them all at once. */
export class Mistakes {
  readonly #sentences: string[];

  constructor(sentences: readonly string[] = []) {
    this.#sentences = [...sentences];
  }

  add(sentence: string): void {
    this.#sentences.push(sentence);
  }

  /** What `read` answers; what `instead` does if it fails with a UsageError, which is kept. */
  collect<T>(read: () => T, instead: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#sentences.push(...error.mistakes);
      return instead();
    }
  }

  get any(): boolean {
    return this.#sentences.length > 0;
  }

  /** @throws UsageError if there is any */
  check(): void {
    if (this.any) throw new UsageError(this.#sentences);
  }
}
