import { expect, it } from 'vitest';
import type { ExecCommand } from '../../../src/engines/engine.js';
import { search } from '../../../src/node/vm.js';
import type { ImageRelease } from '../../../src/release/release.js';
import type { UpdateContext } from '../../../src/strategies/context.js';
import { verifyBoot } from '../../../src/strategies/recreate/verify-boot.js';
import type { TargetPlan } from '../../../src/strategies/strategy.js';
import { identityOf } from '../../support/model/vm.js';

/** What asking in the container comes to: whether a VM is there and has distribution, and whether its node answers. */
type Asked = 'no VM' | 'no distribution' | 'no answer' | 'booting' | Error;

const vm = 'vm 7\nuid 0\ngid 0\narg -root\narg /app\narg -bindir\narg /app/erts-13.1.5/bin\n';

function printed(asked: Asked, { argv, stdin }: ExecCommand) {
  if (asked instanceof Error) throw asked;
  if (argv[2] === search)
    return asked === 'no VM' ? '' : asked === 'no distribution' ? vm : `${vm}arg -sname\narg app@host\n`;
  const isAnswered = asked === 'booting' && stdin !== undefined;
  return isAnswered ? `\nhot-deploy-answer ${JSON.stringify({ ok: { ...identityOf('2'), booted: false } })}\n` : '';
}

interface World {
  readonly asked: Asked;
  readonly endsAt?: number;
  readonly restartsAt?: number;
  readonly cancelledAt?: number;
  readonly probe?: boolean;
  readonly code?: string;
}

async function verified({ asked, endsAt, restartsAt, cancelledAt, probe = false, code }: World) {
  let now = 0;
  const past = (at: number | undefined) => at !== undefined && now >= at;
  const engine = {
    findContainer: async () => ({
      ...{ Id: 'c0', Name: '/web', RestartCount: past(restartsAt) ? 1 : 0, Config: { Env: [] } },
      State: { Running: !past(endsAt), ExitCode: 1 },
    }),
    logs: async () => 'no licence',
    exec: async (_: string, command: ExecCommand) => ({
      ...{ exitCode: 0, stderr: Buffer.alloc(0) },
      stdout: Buffer.from(printed(asked, command)),
    }),
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

it.each<[string, World, string, RegExp, number]>([
  [
    'it has ended',
    { asked: 'booting', endsAt: 4_000 },
    'failed',
    /exit code 1; the end of its log:\n“no licence”/,
    4_000,
  ],
  ['its policy starts it again', { asked: 'booting', restartsAt: 4_000 }, 'failed', /restart policy/, 4_000],
  ['its boot does not end', { asked: 'booting' }, 'failed', /has not finished its boot \(2\)/, 120_000],
  ['no VM comes up in it', { asked: 'no VM' }, 'failed', /no Erlang VM/, 120_000],
  ['asking fails each time', { asked: new Error('the engine is busy') }, 'failed', /the engine is busy/, 120_000],
  ['the run is cancelled', { asked: 'booting', cancelledAt: 4_000 }, 'failed', /cancelled/, 4_000],
  ['it has no distribution', { asked: 'no distribution' }, 'unasked', /without distribution/, 0],
  ['it lets nobody in', { asked: 'no answer' }, 'failed', /no answer/, 30_200],
  [
    'it lets nobody in, and a probe tells that it serves',
    { asked: 'no answer', probe: true },
    'unasked',
    /no answer/,
    30_200,
  ],
  [
    'it lets nobody in, nor did the old one',
    { asked: 'no answer', code: 'node-unreachable' },
    'unasked',
    /no answer/,
    30_200,
  ],
])('a new container of which %s', async (_, world, kind, why, took) => {
  expect(await verified(world)).toEqual({ kind, why: expect.stringMatching(why), took });
});
