import { connectEngine } from '../../../src/engines/connect.js';
import { type Ran, type Running, startHotDeploy } from '../world/command.js';
import { docker } from '../world/images.js';
import { type Blow, faultOf, spell } from './blow.js';
import { answer, type Crew, type Visit } from './crew.js';
import { versions } from './images.js';
import { ask, type Says } from './look.js';
import { aloneAndRunning, type Broken, livedThrough, nothingStaged, oneVersion, saysTrue } from './promises.js';
import { type Next, nextOf, statusWords, type Way } from './ways.js';

/** One fault, or two in a row, and what became of it. */
export interface Trial {
  readonly way: string;
  readonly blows: readonly Blow[];
  readonly next: Next;
  /** Whether the calls came that were to be struck. */
  readonly reached: boolean;
  /** Promises that were not kept; none: it was survived. */
  readonly broken: Broken;
  /** Where a service was down after the fault: until the next run had started all, from its beginning. */
  readonly backMs?: number;
  /** All of it, with what comes before and after. */
  readonly tookMs: number;
  /** What was said and found, for whoever has to understand it. */
  readonly story: string;
  /** What runs in the end; undefined where promises were broken. */
  readonly ends?: 1 | 2;
}

export interface Lane {
  readonly crew: Crew;
  readonly image: (version: 1 | 2) => string;
  /** Directories of versions that runs which went well have left. */
  readonly known: readonly (readonly string[])[];
}

/** Longer than any run takes, with what it waits for. */
const runMs = 150_000;

export async function endure(lane: Lane, way: Way, opposite: Way, blows: readonly Blow[], next: Next): Promise<Trial> {
  const { crew } = lane;
  const since = performance.now();
  const story: string[] = [];
  const broken: string[] = [];
  const visits = await crew.visit();
  let backMs: number | undefined;
  let ends: 1 | 2 | undefined;
  let reached = true;
  const following = nextOf(next, way, opposite, crew, lane.image);
  try {
    for (const [at, blow] of blows.entries()) {
      const words = at === 0 ? way.words(crew, lane.image) : following.words;
      const ran = await struckOnce(crew, words, blow);
      story.push(told(`${words[0]} with ${spell(blow)}`, ran));
      reached &&= crew.proxy.struck !== undefined;
      if (crew.proxy.missed !== undefined) broken.push(`it could not be struck: ${String(crew.proxy.missed)}`);
      broken.push(...(await afterwards(crew, way, blow, ran)));
    }
    story.push(await found(crew));
    broken.push(...(await statusAnswers(crew, story)));

    const wasDown = (await down(crew)).length > 0;
    const began = performance.now();
    const back = wasDown ? untilBack(crew) : undefined;
    let last = await run(crew, following.words);
    story.push(told(`then ${following.words[0]}`, last));
    if (last.code !== 0 && /Start it first/.test(last.report?.message ?? '')) {
      for (const name of await down(crew)) await docker('start', name);
      story.push('it was started as the message says');
      last = await run(crew, following.words);
      story.push(told(`then ${following.words[0]}`, last));
    }
    // Of what was never interrupted nothing is recovered.
    if (next === 'recover') for (const name of await down(crew)) await docker('start', name);
    if (last.code !== (next === 'recover' ? 1 : 0))
      broken.push(`the next run, ${following.words[0]}, ended with ${last.code}`);
    if (back !== undefined) backMs = (await back) - began;
    const isKilled = blows.some(({ kind }) => ['container killed', 'engine restarted'].includes(kind));
    const version = await converged(lane, visits, { ends: following.ends, hot: way.hot && !isKilled }, broken);
    if (broken.length === 0) ends = version;
  } catch (error) {
    broken.push(`it could not be seen through: ${String(error)}`);
  } finally {
    for (const { client } of visits) client?.close();
  }
  if (broken.length > 0) story.push(await found(crew));
  return {
    way: way.name,
    blows,
    next,
    reached,
    broken,
    story: story.join('\n'),
    tookMs: performance.now() - since,
    ...(backMs !== undefined && { backMs }),
    ...(ends !== undefined && { ends }),
  };
}

/** A run without any fault. */
export async function run(crew: Crew, words: readonly string[]): Promise<Ran> {
  crew.proxy.arm();
  return await bounded(await startHotDeploy(words, { DOCKER_HOST: crew.proxy.address }));
}

export async function struckOnce(crew: Crew, words: readonly string[], blow: Blow): Promise<Ran> {
  let running: Running | undefined;
  const begun = () => {
    if (running === undefined) throw new Error('nothing runs yet');
    return running;
  };
  crew.proxy.arm(faultOf(blow, begun, crew.own));
  running = await startHotDeploy(words, { DOCKER_HOST: crew.proxy.address });
  return await bounded(running);
}

export async function bounded(running: Running): Promise<Ran> {
  const timer = setTimeout(() => running.kill('SIGKILL'), runMs);
  const ran = await running.ended;
  clearTimeout(timer);
  return ran.ms < runMs ? ran : { ...ran, stderr: `${ran.stderr}\nit had not ended after ${runMs / 1000} s` };
}

/** What has to be so at once, before anybody comes to help. */
async function afterwards(crew: Crew, way: Way, { kind }: Blow, ran: Ran): Promise<Broken> {
  await crew.proxy.mended();
  await crew.own?.empty();
  if (ran.ms >= runMs) return [`the run did not end within ${runMs / 1000} s`];
  const stopped = await down(crew);
  // Nobody may be out of service for a run that was asked to stop, and for a hot one never.
  const ends = kind === 'container killed' || kind === 'engine restarted';
  const mayBeDown = ends || (kind === 'SIGKILL' && !way.hot) || ran.report?.outcome === 'failed';
  const broken = mayBeDown ? [] : stopped.map((name) => `${name} is down after ${kind}`);
  // Nothing is said of nodes where manual intervention is required.
  if (ran.code === null || ends || ran.report?.outcome === 'failed') return broken;
  const says = await Promise.all(crew.names.map((name) => answer(name).catch(() => undefined)));
  return [...broken, ...saysTrue(ran, way, says)];
}

async function statusAnswers(crew: Crew, story: string[]): Promise<Broken> {
  const ran = await run(crew, statusWords(crew));
  story.push(told('status', ran));
  const silent = crew.names.filter(
    (name) => !ran.report?.containers.some((row) => [name, `octochat@${name}`].includes(row.name)),
  );
  return [
    ...(ran.report === undefined ? [`status ended with ${ran.code} and has no report`] : []),
    ...silent.map((name) => `status says nothing of ${name}: ${ran.report?.message ?? ran.stderr.slice(-200)}`),
  ];
}

async function converged(
  { crew, known }: Lane,
  visits: readonly Visit[],
  { ends, hot }: { readonly ends: 1 | 2 | undefined; readonly hot: boolean },
  broken: string[],
): Promise<1 | 2 | undefined> {
  const seen = await crew.engine();
  broken.push(...aloneAndRunning(crew, seen));
  if (broken.length > 0) return undefined;
  const says = await crew.ask();
  broken.push(...oneVersion(crew, says, ends && versions[ends]), ...nothingStaged(crew, says, known));
  if (hot) broken.push(...(await livedThrough(visits, seen)));
  // Where the engine deletes what has ended, it may do so amid a restart, too:
  // https://github.com/moby/moby/blob/v20.10.24/daemon/restart.go sets AutoRemove again before the end was looked after.
  if (!crew.fleeting) {
    await Promise.all(crew.names.map((name) => docker('restart', name)));
    const booted = await crew.ask();
    broken.push(...oneVersion(crew, booted, says[0]?.version).map((what) => `after docker restart: ${what}`));
  }
  return says[0]?.version === versions[2] ? 2 : 1;
}

async function down(crew: Crew): Promise<readonly string[]> {
  const seen = await crew.engine();
  return crew.names.filter((name) => !seen.some((one) => one.name === name && one.running));
}

const backWithinMs = 120_000;

/** When all run again. */
async function untilBack({ names }: Crew): Promise<number> {
  const engine = await connectEngine(process.env);
  const until = performance.now() + backWithinMs;
  for (;;) {
    const found = await Promise.all(names.map((name) => engine.findContainer(name)));
    if (found.every((container) => container?.State.Running) || performance.now() > until) return performance.now();
    await new Promise((done) => setTimeout(done, 25));
  }
}

/** What the engine has and what the nodes say, for people. */
export async function found(crew: Crew): Promise<string> {
  const seen = await crew.engine();
  const says: (Says | string)[] = await Promise.all(
    crew.names.map((name) => ask(name).catch((error: unknown) => String(error).slice(0, 200))),
  );
  return [
    'found:',
    ...seen.map(
      ({ name, status, restartPolicy, image }) => `  ${name} ${status} ${restartPolicy} ${image.slice(7, 19)}`,
    ),
    ...says.map((one) => `  ${JSON.stringify(one)}`),
  ].join('\n');
}

/** How a run ended, for people. */
export function told(what: string, { code, ms, report, stderr }: Ran): string {
  const verdict = report === undefined ? 'no report' : `${report.outcome}: ${report.message ?? ''}`;
  const reasons = report?.containers.flatMap((row) => row.reasons.map(({ message }) => `\n    ${message}`)) ?? [];
  const end = stderr.trim().split('\n').slice(-12).join('\n    ');
  return `${what}: ended with ${code} after ${Math.round(ms)} ms, ${verdict}${reasons.join('')}\n    ${end}`;
}
