import { eventually, handle, removeContainers, start, unused } from '../world/container.js';
import { deployTo } from '../world/deploying.js';
import { docker } from '../world/images.js';
import { evaluate } from '../world/inside.js';

const rounds = 3;

/** Milliseconds of a deploy to all nodes of a cluster of five through one of them, and the floor: to one that is alone. */
export async function clusterOfFive(
  one: string,
  two: string,
): Promise<readonly { readonly value: number; readonly floor: number }[]> {
  const runs = [];
  for (let round = 0; round < rounds; round += 1)
    runs.push({ value: await to(5, one, two), floor: await to(1, one, two) });
  return runs;
}

async function to(size: number, one: string, two: string): Promise<number> {
  const network = unused('hd-bench');
  const names = Array.from({ length: size }, (_, at) => `${network}-${at}`);
  const [first = '', ...others] = names;
  await docker('network', 'create', network);
  try {
    await Promise.all(names.map((name) => start(one, ['--network', network, '--hostname', name], [], name)));
    for (const other of others) await evaluate(handle(first), `net_kernel:connect_node('octochat@${other}')`);
    await eventually('a cluster', async () => {
      const seen = await Promise.all(names.map((name) => evaluate(handle(name), 'length(nodes())')));
      return seen.every((count) => count === `${others.length}`) || undefined;
    });
    const { report, log } = await deployTo(first, {
      image: two,
      nodes: 'cluster',
      canary: '0',
      soak: '0ms',
      drain: '0ms',
    });
    if (report.outcome !== 'deployed' || report.containers.length !== size) throw new Error(log);
    return report.durationMs;
  } finally {
    await removeContainers();
    await docker('network', 'rm', network);
  }
}
