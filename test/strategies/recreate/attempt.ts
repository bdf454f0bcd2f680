import { afterAll, beforeAll } from 'vitest';
import { noDeadline } from '../../../src/deployment/cancellation-deadline.js';
import type { ContainerDetails, ImageDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { nonceLabel } from '../../../src/engines/throw-away.js';
import type { Claim } from '../../../src/journal/entry.js';
import { retireOriginal } from '../../../src/strategies/recreate/finish.js';
import { recreate } from '../../../src/strategies/recreate/recreate.js';
import type { Recreated, RecreateOptions } from '../../../src/strategies/recreate/replace.js';
import { type Log, systemClock } from '../../../src/system/log.js';
import { idle, openWorkbench, type Workbench } from '../../engines/workbench.js';

const silent: Log = {
  info: () => undefined,
  output: () => undefined,
  warning: () => undefined,
  debug: () => undefined,
  group: (_, work) => work(),
};

export let bench: Workbench;
/** Two versions of one application, which differ in a variable. */
export let v1: ImageDetails;
export let v2: ImageDetails;

/** To be called once in each file. */
export function openBench(): void {
  beforeAll(async () => {
    bench = await openWorkbench();
    v1 = await bench.image('app:1', 'ENV VERSION=1', 'VOLUME /data', idle);
    v2 = await bench.image('app:2', 'ENV VERSION=2', 'VOLUME /data', idle);
  });
  afterAll(() => bench?.clear());
}

export const options = (more: Partial<RecreateOptions> = {}): RecreateOptions => ({
  log: silent,
  clock: systemClock,
  healthTimeoutMs: 10_000,
  onPhase: () => undefined,
  record: async () => undefined,
  deadline: noDeadline,
  claim: { id: '', nonce: '' },
  isOurs: (labels) => labels[nonceLabel]?.startsWith('of ') === true,
  ...more,
});

/** As the journal has it of a restart. */
export const claimOn = ({ Id: id }: Pick<ContainerDetails, 'Id'>, kept?: Pick<ContainerDetails, 'Id'>): Claim => ({
  ...{ id, nonce: `of ${id}` },
  ...(kept && { kept: kept.Id }),
});

/** A re-creation, made final where it succeeds; nothing is kept. */
export interface Attempt {
  readonly result: Recreated;
  readonly phases: Readonly<Record<string, number>>;
}

export async function attempt(
  old: ContainerDetails,
  to: ImageDetails = v2,
  { engine = bench.engine, ...more }: Partial<RecreateOptions> & { readonly engine?: Engine } = {},
): Promise<Attempt> {
  const phases: Record<string, number> = {};
  const from = await bench.engine.findImage(old.Image);
  if (from === undefined) throw new Error('the old image is gone');
  const newImage = { reference: to.RepoTags[0] ?? to.Id, id: to.Id };
  const onPhase = (name: string, ms: number) => {
    phases[name] = ms;
  };
  const claim = claimOn(old);
  const result = await recreate(engine, old, from, newImage, options({ onPhase, claim, ...more }));
  const final = { ...options({ claim }), newest: 0, isKept: () => true };
  if (result.kind === 'recreated') await retireOriginal(bench.engine, old.Name.slice(1), final);
  return { result, phases };
}

export const named = (name: string) => bench.engine.inspectContainer(`${bench.prefix}-${name}`);

export const inside = async (id: string, ...argv: string[]) =>
  (await bench.engine.exec(id, { argv, timeoutMs: 10_000 })).stdout.toString().trim();

/** What a re-creation made for itself and should have taken away. */
export const leftOver = async () => (await bench.containers()).filter((name) => name.includes('hot-deploy'));
