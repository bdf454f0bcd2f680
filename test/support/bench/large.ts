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
      await prepared({}, [1, 10, 100, 1_000]),
      await prepared({ outside: 500 }, [10]),
      await prepared({ priv: 200 }, [10]),
    ];
    const times: Record<'one' | 'ten' | 'hundred' | 'thousand' | 'outside' | 'priv' | 'reading', number[]> = {
      one: [],
      ten: [],
      hundred: [],
      thousand: [],
      outside: [],
      priv: [],
      reading: [],
    };
    // What is compared is measured in turn, since a machine's load changes.
    for (let round = 0; round < rounds; round += 1) {
      times.one.push(await small.plan(1));
      times.ten.push(await small.plan(10));
      times.outside.push(await outside.plan(10));
      times.priv.push(await priv.plan(10));
      times.reading.push(await priv.read());
      times.hundred.push(await small.plan(100));
      times.thousand.push(await small.plan(1_000));
    }
    const { one, ten, hundred, thousand } = times;
    return [
      beside('plan with 10 changed modules of 3000', 'with one', ten, one, 3),
      beside('plan with 100 changed modules of 3000', 'with one', hundred, one, 10),
      beside('plan with 1000 changed modules of 3000', 'with one', thousand, one, 10),
      beside('plan with 500 MB more in the image, outside of the release', 'without', times.outside, ten, 1.3),
      // Whether an application's own files are the same nobody knows who has not read both.
      beside(
        'plan with 200 MB more in priv of an application that stays',
        'without, and reading them twice',
        times.priv,
        ten.map((ms, at) => ms + 2 * (times.reading[at] ?? Number.NaN)),
        1.3,
      ),
    ];
  } finally {
    await removeContainers();
    if (made.length > 0) await docker('rmi', '-f', ...made);
  }
}

/** A container of this size, and how long things take there. */
interface Prepared {
  /** From the first call to the bundle, where this many modules changed. */
  plan(changed: number): Promise<number>;
  /** Of the file in priv. */
  read(): Promise<number>;
}

async function prepared(size: Size, changes: readonly number[]): Promise<Prepared> {
  const images = new Map<number, string>();
  for (const changed of [0, ...changes]) images.set(changed, await build(size, changed));
  const image = (changed: number) => images.get(changed) ?? '';
  const large = await start(image(0));
  await booted(large);
  const read = async () => {
    const since = performance.now();
    await large.exec('sha256sum', `lib/app_${applications}-1.0.0/priv/blob`);
    return performance.now() - since;
  };
  const plan = async (changed: number) => {
    const options = { mode: 'plan', image: image(changed), rehearse: 'never' };
    const { report, log } = await deployTo(large.name, options);
    if (report.method !== 'relup' || report.bundle === undefined)
      throw new Error(`${changed} changed modules: ${report.outcome} ${JSON.stringify(report.reasons)} ${log}`);
    return report.durationMs;
  };
  return { plan, read };
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
