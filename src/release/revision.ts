/** By it an image says of which commit it is: https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md */
export const revisionLabel = 'org.opencontainers.image.revision';
