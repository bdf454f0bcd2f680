import { readFile } from 'node:fs/promises';
import { image } from '../world/images.js';
import { octochat } from '../world/octochat.js';

/** The third is the second under another number. */
export const versions = { 1: '0.1.0', 2: '0.2.0', 3: '0.2.1' } as const;

export type Version = keyof typeof versions;

/** An octochat without HEALTHCHECK: a deploy measures nothing then, and so waits for nothing to measure. */
export async function plainOctochat(version: Version): Promise<string> {
  const dockerfile = await readFile('examples/octochat/Dockerfile', 'utf8');
  const plain = dockerfile.replace(/^HEALTHCHECK .*\\\n.*\n/m, '');
  if (plain === dockerfile) throw new Error('the Dockerfile of octochat has no HEALTHCHECK of two lines');
  const files = { Dockerfile: plain };
  return version === 3
    ? await image(octochat({ version: versions[3], basis: 2, files }))
    : await image({ example: 'octochat', version, debian: 'bookworm', files });
}
