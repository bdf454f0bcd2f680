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

/** What the images of one comparison have in common. */
interface Size {
  /** Megabytes outside the release, and in the priv directory of an application that stays as it is. */
  readonly outside?: number;
  readonly priv?: number;
}

/** Plans of 1 to 1,000 changed modules, beside the plan of one; and of ten in an image that is much larger. */
export async function largeRelease(): Promise<readonly LargeLine[]> {
  try {
    const small = await plans({}, [1, 10, 100, 1_000]);
    const outside = await plans({ outside: 500 }, [10]);
    const priv = await plans({ priv: 200 }, [10]);
    const of = (changed: number) => small.get(changed) ?? [];
    return [
      // Each has at most its share more to read, to write and to pack.
      ...[10, 100, 1_000].map((changed) =>
        beside(`plan with ${changed} changed modules of 3000`, 'with one', of(changed), of(1), changed),
      ),
      beside('plan in an image of 500 MB more outside of the release', 'without', outside.get(10) ?? [], of(10), 1.3),
      beside('plan with 200 MB more in priv of an unchanged application', 'without', priv.get(10) ?? [], of(10), 1.3),
    ];
  } finally {
    await removeContainers();
    if (made.length > 0) await docker('rmi', '-f', ...made);
  }
}

/** Milliseconds from the first call to the bundle, by how many modules changed. */
async function plans(size: Size, changes: readonly number[]): Promise<ReadonlyMap<number, readonly number[]>> {
  const large = await start(await build(size, 0));
  await booted(large);
  const found = new Map<number, readonly number[]>();
  for (const changed of changes) {
    const image = await build(size, changed);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { report, log } = await deployTo(large.name, { mode: 'plan', image, rehearse: 'never' });
      if (report.method !== 'relup' || report.bundle === undefined)
        throw new Error(`${changed} changed modules: ${report.outcome} ${JSON.stringify(report.reasons)} ${log}`);
      times.push(report.durationMs);
    }
    found.set(changed, times);
  }
  await removeContainers();
  return found;
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
  const [value, floor] = [Math.min(...values), Math.min(...floors)];
  return { name, unit: 'ms', value, floor, floorIs, ratio: value / floor, below, runs };
}
