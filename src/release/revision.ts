/** By it an image says of which commit it is: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md */
export const revisionLabel = 'org.opencontainers.image.revision';

/** A whole one, by git's SHA-1 or SHA-256. */
export const isCommit = (value: unknown): value is string =>
  typeof value === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
