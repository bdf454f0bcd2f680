/** By it an image says of which commit it is: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md */
export const revisionLabel = 'org.opencontainers.image.revision';

/** A whole one, by git's SHA-1 or SHA-256. */
export const isCommit = (value: unknown): value is string =>
  typeof value === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value);

/** A text with another commit in place of one, in full or as short as git shows it. */
export function withCommit(text: string, own: string, commit: string): string {
  return text.replace(/(?<![0-9a-f])[0-9a-f]{7,64}(?![0-9a-f])/g, (hex) =>
    own.startsWith(hex) ? commit.slice(0, hex.length) : hex,
  );
}
