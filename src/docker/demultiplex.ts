/** What a container or an exec without a terminal wrote, told apart. */
export interface Streams {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const headerBytes = 8;
const stderrMark = 2;

/**
 * Undoes the Engine's framing: one byte for the stream, three zeroes, four for the length, then the bytes themselves. What
 * was cut off in the middle is kept as far as it came.
 * https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export function demultiplex(framed: Buffer): Streams {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  for (let at = 0; at + headerBytes <= framed.length; ) {
    const start = at + headerBytes;
    const end = start + framed.readUInt32BE(at + 4);
    (framed[at] === stderrMark ? stderr : stdout).push(framed.subarray(start, end));
    at = end;
  }
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
}

/** Both streams in the order in which they were written. */
export function interleaved(framed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + headerBytes <= framed.length; ) {
    const end = at + headerBytes + framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + headerBytes, end));
    at = end;
  }
  return Buffer.concat(parts);
}
