import { mkdir, writeFile } from 'node:fs/promises';
import { connectEngine } from '../../../src/engines/connect.js';
import type { Engine } from '../../../src/engines/engine.js';
import { packEntries } from '../../../src/release/archive.js';
import { startLoad } from '../load/load.js';
import { type Container, healthy, published, removeContainers, start } from '../world/container.js';
import { deployTo } from '../world/deploying.js';
import { docker, image, removeImages } from '../world/images.js';

import { clusterOfFive } from './cluster.js';
import { bundleBytes, coldStarts } from './cold-start.js';
import { largeRelease } from './large.js';

/** One figure beside its floor, both taken in this run: machines differ, their ratios less. */
interface Line {
  readonly name: string;
  readonly unit: 'ms';
  readonly value: number;
  readonly floor: number;
  readonly floorIs: string;
  readonly ratio: number;
  /** The ratio that must not be reached; absent where the figure is only told. */
  readonly below?: number;
  /** The same of the value itself, in milliseconds. */
  readonly belowMs?: number;
  readonly runs: readonly Run[];
}

interface Run {
  readonly value: number;
  readonly floor: number;
}

const rounds = 5;
const probe = 'http://{container}:8080/health';

async function main(): Promise<void> {
  const engine = await connectEngine(process.env);
  const [one, two] = await Promise.all([
    image({ example: 'octochat', version: 1 }),
    image({ example: 'octochat', version: 2 }),
  ]);
  const lines: readonly Line[] = [
    await coldStart(),
    await hotLoad(engine, one, two),
    ...(await gaps(one, two)),
    line('a cluster of five nodes', 'a cluster of one', await clusterOfFive(one, two)),
    ...(await largeRelease()),
  ];
  for (const { name, value, floor, floorIs, ratio, below, belowMs } of lines) {
    const bounds = [...(below === undefined ? [] : [below]), ...(belowMs === undefined ? [] : [`${belowMs} ms`])];
    const bound = bounds.length === 0 ? '' : ` (must stay below ${bounds.join(' and ')})`;
    process.stdout.write(
      `${name}: ${value.toFixed(1)} ms, ${ratio.toFixed(2)} times ${floorIs} (${floor.toFixed(1)} ms)${bound}\n`,
    );
    if ((below !== undefined && ratio >= below) || (belowMs !== undefined && value >= belowMs)) process.exitCode = 1;
  }
  await mkdir('out', { recursive: true });
  await writeFile(
    'out/bench.json',
    `${JSON.stringify({ schema: 1, at: new Date().toISOString(), lines }, undefined, 2)}\n`,
  );
}

/** From the start of the Action to the first line of its log. */
async function coldStart(): Promise<Line> {
  const size = `${((await bundleBytes()) / 1e6).toFixed(2)} MB`;
  const started = line(
    `start of the Action (${size}) to its first line`,
    'a Node that does nothing',
    await coldStarts(),
  );
  return { ...started, belowMs: 250 };
}

/** From the first call to the engine to the proof: check, stage, switch; over the two calls nothing can do without. */
async function hotLoad(engine: Engine, one: string, two: string): Promise<Line> {
  const runs: Run[] = [];
  let bytes = 0;
  // The first round warms caches of the engine and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const web = await start(one);
    const { report } = await deployTo(web.name, {
      image: two,
      probe: 'tcp://{container}:4040',
      'probe-interval': '100ms',
      soak: '0ms',
      drain: '0ms',
    });
    const value = (report.containers[0]?.phases ?? [])
      .filter(({ name }) => ['check', 'stage', 'switch'].includes(name))
      .reduce((sum, { ms }) => sum + ms, 0);
    if (report.outcome !== 'deployed' || report.method !== 'relup')
      throw new Error(`round ${round}: ${report.outcome} ${report.message ?? ''}`);
    bytes = await stagedBytes(engine, web);
    const floor = await floorOf(engine, web, bytes);
    if (round > 0) runs.push({ value, floor });
    await removeContainers();
  }
  return line('hot-load of one container', `exec of true plus putArchive of the same ${bytes} bytes`, runs, 6);
}

/** What the deploy has put into the container, counted there. */
async function stagedBytes(engine: Engine, { name }: Container): Promise<number> {
  const command = [
    'sh',
    '-c',
    'cat /app/lib/*-0.2.0/ebin/* /app/lib/*-0.2.0/priv/* /app/releases/0.2.0/* /app/releases/0.2.0/consolidated/* 2>/dev/null | wc -c',
  ];
  const { stdout } = await engine.exec(name, { argv: command, timeoutMs: 10_000 });
  return Number(stdout.toString('utf8').trim());
}

async function floorOf(engine: Engine, { name }: Container, bytes: number): Promise<number> {
  const tar = await packEntries([
    { path: 'floor', type: 'file', mode: 0o644, uid: 0, gid: 0, data: Buffer.alloc(bytes, 7) },
  ]);
  const times: number[] = [];
  for (let at = 0; at < 5; at += 1) {
    const since = performance.now();
    await engine.exec(name, { argv: ['true'], timeoutMs: 10_000 });
    await engine.putArchive(name, '/tmp', tar);
    times.push(performance.now() - since);
  }
  return median(times);
}

/**
 * The longest time in which no client got an answer: with nothing going on, while loading hot, by restart, and by the
 * hand-made restart that people write first.
 */
async function gaps(one: string, two: string): Promise<readonly Line[]> {
  const hot: Run[] = [];
  const restart: Run[] = [];
  for (let round = 0; round < 3; round += 1) {
    const idle = await gapOf(one, () => new Promise((resolve) => setTimeout(resolve, 6_000)));
    const way = (strategy: string) => (web: Container) => deployTo(web.name, { image: two, probe, strategy });
    hot.push({ value: await gapOf(one, way('relup')), floor: idle });
    restart.push({ value: await gapOf(one, way('restart')), floor: await gapOf(one, (web) => byHand(web, two)) });
  }
  return [
    line("clients' longest gap, hot", 'the same load with nothing going on', hot),
    line("clients' longest gap, by restart", 'docker stop, rm, run', restart),
  ];
}

async function byHand(web: Container, next: string): Promise<void> {
  const [tcp, http] = [await web.port(4040), await web.port(8080)];
  await docker('stop', web.name);
  await docker('rm', web.name);
  await docker('run', '-d', '--name', web.name, '-p', `${tcp}:4040`, '-p', `${http}:8080`, next);
  await healthy(web);
}

async function gapOf(image: string, work: (web: Container) => Promise<unknown>): Promise<number> {
  const web = await start(image, await published(4040, 8080));
  try {
    return await gapWhile(web, () => work(web));
  } finally {
    await removeContainers();
  }
}

async function gapWhile(web: Container, work: () => Promise<unknown>): Promise<number> {
  const load = await startLoad({
    targets: [{ name: web.name, tcpPort: await web.port(4040), httpPort: await web.port(8080) }],
    connectionsPerTarget: 20,
    httpRequestsPerSecondPerTarget: 40,
    pingsPerSecondPerConnection: 3,
    maxSeconds: 120,
  });
  try {
    await work();
  } finally {
    await load.stop();
  }
  return (await load.stop()).total.longestGapMs;
}

function line(name: string, floorIs: string, runs: readonly Run[], below?: number): Line {
  const ratio = median(runs.map(({ value, floor }) => value / floor));
  const middle = { value: median(runs.map(({ value }) => value)), floor: median(runs.map(({ floor }) => floor)) };
  return { name, unit: 'ms', ...middle, floorIs, ratio, ...(below !== undefined && { below }), runs };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

try {
  await main();
} finally {
  await removeContainers();
  await removeImages();
}
