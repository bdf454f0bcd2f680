import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/deployment/report.js';
import { type Container, eventually } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { buildFolder } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';
import { inspected, processes, standing, version } from './node.js';
import type { HotRow, Row } from './row.js';
import { layOut, type Umbrella } from './umbrella.js';

const built = new Map<string, Promise<string>>();

/** The image of a release, built once. */
export function build(umbrella: Umbrella, debian: 'bookworm' | 'trixie'): Promise<string> {
  const key = JSON.stringify([debian, umbrella]);
  const image = built.get(key) ?? buildAnew(umbrella, debian);
  built.set(key, image);
  return image;
}

async function buildAnew(umbrella: Umbrella, debian: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-transitions-'));
  try {
    await layOut(folder, umbrella);
    return await buildFolder(folder, [`DEBIAN=${debian}`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What all rows' expressions showed, by the row's name. */
export type Shown = ReadonlyMap<string, readonly string[]>;

/** What was seen while a container went to the new release, back, and to the new release for good. */
export interface Journey {
  /** Of the deploy that failed while the new code was watched, and was taken back. */
  readonly returned: Report;
  /** What it logged. */
  readonly log: string;
  readonly deployed: Report;
  readonly there: Shown;
  readonly back: Shown;
  /** `id pid` of all supervised processes. */
  readonly processes: {
    readonly before: readonly string[];
    readonly there: readonly string[];
    readonly back: readonly string[];
  };
  readonly standing: { readonly before: unknown; readonly back: unknown };
  /** Instructions as Erlang prints them. */
  readonly relup: { readonly up: string; readonly down: string };
}

const sick = '/tmp/sick';

/** Does what the rows do, goes up, down again by a failing probe, and up for good. */
export async function travel(container: Container, image: string, rows: readonly HotRow[]): Promise<Journey> {
  await prepare(container, rows);
  const before = { processes: await processes(container), standing: await standing(container) };
  const returning = deployTo(container.name, {
    image,
    soak: '60s',
    rehearse: 'always',
    probe: `exec:test ! -e ${sick}`,
    'probe-interval': '200ms',
  });
  const whileSoaking = async () => {
    // Whoever waits for this waits for the end of the deploy as well.
    await eventually(
      'the new release',
      async () => ((await version(container)).startsWith('["0.2.0"') ? true : undefined),
      540_000,
    );
    const there = { shown: await show(container, rows, 'there'), processes: await processes(container) };
    await container.exec('touch', sick);
    return there;
  };
  const there = await Promise.race([whileSoaking(), returning.then(({ report, log }) => failed(report, log))]);
  const { report: returned, log } = await returning;
  if (returned.outcome !== 'rolled-back') failed(returned, log);
  const back = {
    processes: await processes(container),
    shown: await show(container, rows, 'back'),
    standing: await standing(container),
  };
  await container.exec('rm', sick);
  const { report: deployed } = await deployTo(container.name, { image });
  return {
    returned,
    log,
    deployed,
    there: there.shown,
    back: back.shown,
    processes: { before: before.processes, there: there.processes, back: back.processes },
    standing: { before: before.standing, back: back.standing },
    relup: { up: await script(container, 2), down: await script(container, 3) },
  };
}

/** Does on the node of the old release what the rows do there. */
export async function prepare(container: Container, rows: readonly Row[]): Promise<void> {
  const acting = rows.filter(({ does }) => does !== undefined);
  const shown = await inspected(
    container,
    acting.map(({ does }) => does ?? ''),
  );
  const raised = acting.flatMap(({ name }, at) => (shown[at]?.startsWith('** (') ? [`${name}: ${shown[at]}`] : []));
  if (raised.length > 0) throw new Error(raised.join('\n'));
}

async function show(container: Container, rows: readonly HotRow[], when: 'there' | 'back'): Promise<Shown> {
  const asked = rows.flatMap((row) => row[when].map(([expression]) => ({ name: row.name, expression })));
  const shown = await inspected(
    container,
    asked.map(({ expression }) => expression),
  );
  return new Map(rows.map(({ name }) => [name, shown.filter((_, at) => asked[at]?.name === name)]));
}

async function script(container: Container, element: 2 | 3): Promise<string> {
  return await evaluate(
    container,
    `begin {ok, [Relup]} = file:consult("/app/releases/0.2.0/relup"), [{_, _, Script}] = element(${element}, Relup), Script end`,
  );
}

function failed({ outcome, message, reasons }: Report, log: string): never {
  const given = reasons.map(({ code, subject, message: why }) => `${code} ${subject}: ${why}`);
  throw new Error([`${outcome}: ${message ?? ''}`, ...given, log].join('\n'));
}
