import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Container, removeContainers, start } from '../world/container.js';
import { deployTo } from '../world/deploying.js';
import { docker } from '../world/images.js';

/** How long it takes to compare, plan and bundle a release of many applications. */
export interface LargeLine {
  readonly name: string;
  readonly unit: 'ms';
  readonly value: number;
  readonly floor: number;
  readonly floorIs: string;
  readonly ratio: number;
  readonly below: number;
  readonly runs: readonly { readonly value: number; readonly floor: number }[];
}

const applications = 60;
const modules = 50;
const rounds = 2;
const folder = 'test/support/bench/large';
const made: string[] = [];

/** Megabytes outside the release, and in the priv directory of an application that stays as it is. */
interface Size {
  readonly outside?: number;
  readonly priv?: number;
}

/** Plans of 1 to 1,000 changed modules, beside the plan of one; and of ten in images that are much larger. */
export async function largeRelease(): Promise<readonly LargeLine[]> {
  try {
    const [small, outside, priv] = [
      await prepared({}),
      await prepared({ outside: 500 }),
      await prepared({ priv: 200 }),
    ];
    const times: Record<'one' | 'ten' | 'hundred' | 'thousand' | 'outside' | 'priv', number[]> = {
      one: [],
      ten: [],
      hundred: [],
      thousand: [],
      outside: [],
      priv: [],
    };
    // What is compared is measured in turn, since a machine's load changes.
    for (let round = 0; round < rounds; round += 1) {
      times.one.push(await small(1));
      times.ten.push(await small(10));
      times.outside.push(await outside(10));
      times.priv.push(await priv(10));
      times.hundred.push(await small(100));
      times.thousand.push(await small(1_000));
    }
    const { one, ten, hundred, thousand } = times;
    return [
      beside('plan with 10 changed modules of 3000', 'with one', ten, one, 3),
      beside('plan with 100 changed modules of 3000', 'with one', hundred, one, 10),
      beside('plan with 1000 changed modules of 3000', 'with one', thousand, one, 10),
      beside('plan with 500 MB more in the image, outside of the release', 'without', times.outside, ten, 1.3),
      beside('plan with 200 MB more in priv of an application that stays', 'without', times.priv, ten, 1.3),
    ];
  } finally {
    await removeContainers();
    if (made.length > 0) await docker('rmi', '-f', ...made);
  }
}

/** A container of this size that serves; plans to change some modules, and answers how long it took to the bundle. */
async function prepared(size: Size): Promise<(changed: number) => Promise<number>> {
  const large = await start(await build(size, 0));
  await booted(large);
  const images = new Map<number, string>();
  return async (changed) => {
    const image = images.get(changed) ?? (await build(size, changed));
    images.set(changed, image);
    const { report, log } = await deployTo(large.name, { mode: 'plan', image, rehearse: 'never' });
    if (report.method !== 'relup' || report.bundle === undefined)
      throw new Error(`${changed} changed modules: ${report.outcome} ${JSON.stringify(report.reasons)} ${log}`);
    return report.durationMs;
  };
}

async function booted(large: Container): Promise<void> {
  const loaded = `app_${applications}_m${modules}`;
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const said = await large.exec(
      'sh',
      '-c',
      `echo 'io:put_chars(atom_to_list(erlang:module_loaded(${loaded}))).' | erts-*/bin/erl_call -sname large -c large -e -fetch_stdout -no_result_term || true`,
    );
    if (said.includes('true')) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${large.name} did not boot: ${await docker('logs', large.name)}`);
}

async function build({ outside = 0, priv = 0 }: Size, changed: number): Promise<string> {
  const tag = `hot-deploy-bench:large-${process.pid}-${outside}-${priv}-${changed}`;
  const args = {
    APPLICATIONS: applications,
    MODULES: modules,
    OUTSIDE: outside,
    PRIV: priv,
    CHANGED: changed,
    VERSION: changed === 0 ? '1.0.0' : '1.0.1',
  };
  const words = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await promisify(execFile)('docker', ['build', '-q', '-t', tag, ...words, folder]);
  made.push(tag);
  return tag;
}

function beside(
  name: string,
  floorIs: string,
  values: readonly number[],
  floors: readonly number[],
  below: number,
): LargeLine {
  const runs = values.map((value, at) => ({ value, floor: floors[at] ?? Number.NaN }));
  // The better of two: the first also warms the engine's caches.
  const best = runs.reduce((one, other) => (other.value / other.floor < one.value / one.floor ? other : one));
  return { name, unit: 'ms', ...best, floorIs, ratio: best.value / best.floor, below, runs };
}
