import { readFile } from 'node:fs/promises';
import { image } from '../world/images.js';

/** An octochat without HEALTHCHECK: a deploy measures nothing then, and so waits for nothing to measure. */
export async function plainOctochat(version: 1 | 2): Promise<string> {
  const dockerfile = await readFile('examples/octochat/Dockerfile', 'utf8');
  const plain = dockerfile.replace(/^HEALTHCHECK .*\\\n.*\n/m, '');
  if (plain === dockerfile) throw new Error('the Dockerfile of octochat has no HEALTHCHECK of two lines');
  return await image({ example: 'octochat', version, debian: 'bookworm', files: { Dockerfile: plain } });
}

export const versionOf = { 1: '0.1.0', 2: '0.2.0' } as const;
