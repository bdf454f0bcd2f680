import { randomBytes } from 'node:crypto';
import type { Baseline, ConfigRequest } from '../node/config.js';
import type { Node } from '../node/node.js';

/** What a cold boot of a release would have configured in a node's container, under a salt that nobody else has. */
export async function readBaseline(node: Node, request: ConfigRequest): Promise<Baseline> {
  const salt = newSalt();
  return { salt, values: await node.fingerprints(request, salt) };
}

const own = randomBytes(16).toString('hex');

/** The salt of this process: what it is told of one boot is comparable with what it is told of another. */
export function processSalt(): string {
  return own;
}

/** Values may be secrets: without the salt a fingerprint cannot be checked against a guess. */
export function newSalt(): string {
  return randomBytes(16).toString('hex');
}
