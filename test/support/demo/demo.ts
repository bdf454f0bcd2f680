import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Report } from '../../../src/deployment/report.js';
import { type LoadResult, startLoad } from '../load/load.js';
import { runAction } from '../world/action.js';
import {
  type Container,
  connect,
  eventually,
  healthy,
  published,
  removeContainers,
  start,
} from '../world/container.js';
import { docker } from '../world/images.js';

const out = join(process.cwd(), 'out/demo');
const tag = 'hot-deploy-demo:latest';
const label = 'hot-deploy-demo=1';
const variables = ['-e', 'OCTOCHAT_GREETING=hello from the container', '-e', 'OCTOCHAT_MOTTO=eight arms'];
const fleet = ['demo-1', 'demo-2', 'demo-3'];

/** One thing that has to be true, and whether it is. */
type Evidence = Record<string, { readonly expected: unknown; readonly found: unknown }>;

/** The main job, with real containers under real load; ends with what was shown, and fails where anything was not. */
async function main(): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await tidy();
  say('building version 1');
  execFileSync('test/support/lab/stage.sh', ['octochat', '1', join(out, 'v1')]);
  await docker('build', '-q', '-t', tag, join(out, 'v1'));
  const first = await docker('image', 'inspect', '-f', '{{.Id}}', tag);
  const containers = await Promise.all(
    fleet.map(async (name) => start(tag, ['--label', label, ...variables, ...(await published(4040, 8080))], [], name)),
  );
  const summaries = [await hot(containers, first), await restart(containers)];
  process.stdout.write(`\n${summaries.join('\n\n')}\n`);
  say(`reports and summaries are in ${out}`);
}

/** From version 1 to 2: new code, new shapes of state, a new child, a new implementation, new configuration. */
async function hot(containers: readonly Container[], first: string): Promise<string> {
  say('version 1 → 2: 60 open connections, 210 requests a second, nothing may be lost');
  const clients = await Promise.all(containers.map(async (container) => connect(await container.port(4040))));
  for (const client of clients) await client.ask('PUT arms 8');
  const processes = await Promise.all(containers.map(async (each) => (await each.inspect()).State.Pid));
  const load = await begin(containers);
  const step = await deploy('2', 'hot');
  const result = await load.stop();
  const report = await read('hot');
  const ask = (command: string) => Promise.all(clients.map((client) => client.ask(command)));
  const same = await Promise.all(containers.map(async (each) => (await each.inspect()).State.Pid));
  const moved = await docker('image', 'inspect', '-f', '{{.Id}}', tag);
  // Before the restart that ends the connections.
  const told = {
    ping: await ask('PING'),
    arms: await ask('GET arms'),
    tuple: await ask('SHOW tuple'),
    stats: await ask('STATS'),
    greeting: await ask('GREETING'),
    motto: await ask('MOTTO'),
  };
  const booted = await afterRestart(containers[0] as Container);
  const evidence: Evidence = {
    ...common(report, step.exitCode, result),
    method: { expected: 'relup', found: report.method },
    'requests that failed': { expected: 0, found: result.total.failed + failedProbes(report) },
    'connections lost': { expected: 0, found: result.total.connectionsLost },
    'counters of connections that broke': { expected: 0, found: result.total.countersBroken },
    'values lost': { expected: 0, found: result.total.valuesLost },
    'a connection from before, with its own count': {
      expected: fleet.map(() => 'PONG 0.2.0 2'),
      found: told.ping,
    },
    'state of the servers': { expected: fleet.map(() => '8'), found: told.arms },
    'the new implementation of the protocol': {
      expected: true,
      found: told.tuple.every((line) => !line.startsWith('ERROR')),
    },
    'the new child': { expected: true, found: told.stats.every((line) => /^\d+$/.test(line)) },
    'configuration from the environment': {
      expected: fleet.map(() => 'hello from the container'),
      found: told.greeting,
    },
    'new configuration from the environment': { expected: fleet.map(() => 'eight arms'), found: told.motto },
    'environment equals a cold boot': {
      expected: [],
      found: report.containers.flatMap(({ proof }) => proof?.environment.differing ?? ['no proof']),
    },
    'same operating system process': { expected: processes, found: same },
    'the tag moved': { expected: true, found: moved !== first && moved === report.image?.id },
    'version after docker restart': { expected: '0.2.0', found: booted.restarted },
    'version of a new container from the tag': { expected: '0.2.0', found: booted.fresh },
  };
  for (const client of clients) client.close();
  return await finish('hot', report, step.summary, evidence, result);
}

/** From version 2 to 3, which is built on another Erlang: only a restart is right. */
async function restart(containers: readonly Container[]): Promise<string> {
  say('version 2 → 3: another ERTS, so by re-creation');
  const load = await begin(containers);
  const step = await deploy('3', 'restart');
  const result = await load.stop();
  const report = await read('restart');
  const versions = await Promise.all(containers.map(async (each) => versionOf(await each.port(8080))));
  const evidence: Evidence = {
    ...common(report, step.exitCode, result),
    method: { expected: 'recreate', found: report.method },
    'reason erts-changed': { expected: true, found: report.reasons.some(({ code }) => code === 'erts-changed') },
    'downtime was measured': {
      expected: true,
      found: report.containers.every(({ downtime }) => (downtime?.ms ?? 0) > 0),
    },
    'settings equal': {
      expected: fleet.map(() => true),
      found: report.containers.map(({ settings }) => settings?.equal),
    },
    'versions that answer': { expected: fleet.map(() => '0.3.0'), found: versions },
  };
  return await finish('restart', report, step.summary, evidence, result);
}

function common(report: Report, exitCode: number, result: LoadResult): Evidence {
  return {
    outcome: { expected: 'deployed', found: report.outcome },
    'exit code': { expected: 0, found: exitCode },
    converged: { expected: fleet.map(() => true), found: report.containers.map(({ proof }) => proof?.converged) },
    'at least 200 requests a second': { expected: true, found: result.total.requestsPerSecond >= 200 },
    'at least 60 connections': { expected: true, found: result.total.connectionsOpened >= 60 },
  };
}

async function begin(containers: readonly Container[]) {
  const targets = await Promise.all(
    containers.map(async (container) => ({
      name: container.name,
      tcpPort: await container.port(4040),
      httpPort: await container.port(8080),
    })),
  );
  return await startLoad({
    targets,
    connectionsPerTarget: 20,
    httpRequestsPerSecondPerTarget: 30,
    pingsPerSecondPerConnection: 2,
    maxSeconds: 240,
  });
}

async function deploy(version: string, name: string) {
  const context = join(out, `v${version}`);
  execFileSync('test/support/lab/stage.sh', ['octochat', version, context]);
  const inputs = {
    containers: `label:${label}`,
    image: tag,
    context,
    probe: 'http://{container}:8080/health',
    soak: '1s',
    report: join(out, `${name}.json`),
    'bundle-path': out,
  };
  return await runAction(inputs, join(out, `runner-${name}`), out);
}

async function read(name: string): Promise<Report> {
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(join(out, `${name}.json`), 'utf8')) as Report;
}

async function afterRestart(container: Container): Promise<{ restarted: string; fresh: string }> {
  const again = async () => {
    await docker('restart', container.name);
    await healthy(container);
  };
  const [fresh] = await Promise.all([start(tag, variables), again()]);
  const versions = {
    restarted: await versionOf(await container.port(8080)),
    fresh: await versionOf(await fresh.port(8080)),
  };
  await docker('rm', '-f', fresh.name);
  return versions;
}

async function versionOf(port: number): Promise<string> {
  return await eventually(`a version on port ${port}`, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/version`);
    return ((await answer.json()) as { version: string }).version;
  });
}

function failedProbes(report: Report): number {
  return report.containers.reduce((sum, { downtime }) => sum + (downtime?.failed ?? 1), 0);
}

async function finish(
  name: string,
  report: Report,
  summary: string,
  evidence: Evidence,
  load: LoadResult,
): Promise<string> {
  const { targets: _, ...figures } = load;
  await writeFile(
    join(out, `${name}.json`),
    `${JSON.stringify({ ...report, evidence, load: figures }, undefined, 2)}\n`,
  );
  await writeFile(join(out, `${name}.md`), summary);
  const lines = Object.entries(evidence).map(([what, { expected, found }]) => {
    const isSo = JSON.stringify(expected) === JSON.stringify(found);
    if (!isSo) process.exitCode = 1;
    return `${isSo ? '  ✓' : '  ✗'} ${what}: ${JSON.stringify(found)}${isSo ? '' : `, expected ${JSON.stringify(expected)}`}`;
  });
  const { requests, failed, requestsPerSecond, connectionsLost, longestGapMs, latency } = load.total;
  const clients = `clients: ${requests} requests, ${Math.round(requestsPerSecond)} a second, ${failed} failed, ${connectionsLost} connections lost, longest gap ${Math.round(longestGapMs)} ms, p99 ${Math.round(latency.p99Ms)} ms`;
  return [summary.trim(), '', `What was shown (${name}):`, ...lines, `  ${clients}`].join('\n');
}

async function tidy(): Promise<void> {
  const left = await docker('ps', '-aq', '--filter', `label=${label}`);
  if (left !== '') await docker('rm', '-f', '-v', ...left.split('\n'));
  for (const name of fleet) await docker('rm', '-f', '-v', name).catch(() => undefined);
}

function say(line: string): void {
  process.stderr.write(`demo: ${line}\n`);
}

try {
  await main();
} catch (error) {
  say(error instanceof Error ? `${error.message}` : String(error));
  process.exitCode = 1;
} finally {
  await removeContainers();
  await tidy();
  await docker('rmi', '-f', tag).catch(() => undefined);
}
