/** Words that are hidden wherever text is shown. */
export interface Secrets {
  add(secret: string): void;
  /** `text` with `***` in place of each that was added by now. */
  masked(text: string): string;
}

export function hiding(): Secrets {
  const secrets = new Set<string>();
  return {
    add: (secret) => void (secret !== '' && secrets.add(secret)),
    masked: (text) => [...secrets].reduce((rest, secret) => rest.replaceAll(secret, '***'), text),
  };
}
