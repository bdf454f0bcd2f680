import { AgentError } from '../node/agent.js';
import type { Fingerprints } from '../node/config.js';
import { type Node, NodeUnreachable } from '../node/node.js';
import type { Unknown } from './seen.js';

/** What a boot of a release would configure where this node runs. */
export async function configuredBy(
  node: Node,
  release: {
    readonly root: string;
    readonly version: string;
    readonly applications: readonly { readonly name: string; readonly version: string }[];
  },
  salt: string,
): Promise<Fingerprints | Unknown> {
  const { root, version, applications } = release;
  const names = applications.map((application) => [application.name, application.version] as const);
  try {
    return await node.fingerprints({ root, version, running: version, applications: names }, salt);
  } catch (error) {
    if (error instanceof AgentError || error instanceof NodeUnreachable) {
      return { unknown: `the configuration that ${version} boots with could not be resolved: ${error.message}` };
    }
    throw error;
  }
}
