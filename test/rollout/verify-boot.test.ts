import { expect, it, vi } from 'vitest';
import type { ImageRelease } from '../../src/release/release.js';
import type { Reading } from '../../src/release/running.js';
import type { UpdateContext } from '../../src/strategies/context.js';
import { verifyBoot } from '../../src/strategies/recreate/verify-boot.js';
import type { TargetPlan } from '../../src/strategies/strategy.js';

const asked = vi.hoisted(() => ({ reading: (): unknown => undefined }));
vi.mock('../../src/release/running.js', () => ({ readRunning: async () => asked.reading() }));

interface World {
  readonly reading?: Partial<Reading> | Error;
  readonly endsAt?: number;
  readonly restartsAt?: number;
  readonly cancelledAt?: number;
  readonly probe?: boolean;
  readonly code?: string;
}

async function verified({ reading, endsAt, restartsAt, cancelledAt, probe = false, code }: World) {
  let now = 0;
  asked.reading = () => {
    if (reading instanceof Error) throw reading;
    return reading;
  };
  const past = (at: number | undefined) => at !== undefined && now >= at;
  const engine = {
    findContainer: async () => ({
      ...{ Id: 'c0', RestartCount: past(restartsAt) ? 1 : 0, Config: { Env: [] } },
      State: { Running: !past(endsAt), ExitCode: 1 },
    }),
    logs: async () => 'no licence',
  };
  const deadline = {
    get cancelled() {
      return past(cancelledAt);
    },
    onCancel: () => () => undefined,
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const work = { engine, deadline, clock, inputs: { healthTimeoutMs: 120_000 }, ...(probe && { probe: {} }) };
  const plan = { reasons: code === undefined ? [] : [{ code }] } as unknown as TargetPlan;
  const { kind, ...said } = await verifyBoot(work as unknown as UpdateContext, plan, 'c0', {} as ImageRelease);
  return { kind, why: 'why' in said ? said.why : '', took: now };
}

const vm = { args: [] } as never;
const booting = { kind: 'running', release: { booted: false, version: '2' } } as never;
const unreachable = { kind: 'unreachable', vm, why: 'no answer' } as const;

it.each<[string, World, string, RegExp, number]>([
  [
    'it has ended',
    { reading: booting, endsAt: 4_000 },
    'failed',
    /exit code 1; the end of its log:\n“no licence”/,
    4_000,
  ],
  ['its policy starts it again', { reading: booting, restartsAt: 4_000 }, 'failed', /restart policy/, 4_000],
  ['its boot does not end', { reading: booting }, 'failed', /has not finished its boot \(2\)/, 120_000],
  ['no VM comes up in it', { reading: { kind: 'no-vm' } }, 'failed', /no Erlang VM/, 120_000],
  ['asking fails each time', { reading: new Error('the engine is busy') }, 'failed', /the engine is busy/, 120_000],
  ['the run is cancelled', { reading: booting, cancelledAt: 4_000 }, 'failed', /cancelled/, 4_000],
  ['it has no distribution', { reading: { kind: 'no-distribution', vm } }, 'unasked', /without distribution/, 0],
  ['it lets nobody in', { reading: unreachable }, 'failed', /no answer/, 30_200],
  [
    'it lets nobody in, and a probe tells that it serves',
    { reading: unreachable, probe: true },
    'unasked',
    /no answer/,
    30_200,
  ],
  [
    'it lets nobody in, nor did the old one',
    { reading: unreachable, code: 'node-unreachable' },
    'unasked',
    /no answer/,
    30_200,
  ],
])('a new container of which %s', async (_, world, kind, why, took) => {
  expect(await verified(world)).toEqual({ kind, why: expect.stringMatching(why), took });
});
