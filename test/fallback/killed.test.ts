import { describe, expect, it } from 'vitest';
import { readJournal } from '../../src/journal/journal.js';
import type { Strike } from '../support/docker/stand-in.js';
import { allIsRight, type Play, recovered } from '../support/model/stage.js';
import { everything } from '../support/tier.js';
import { type Played, played } from './played.js';

const plays: readonly Play[] = [
  { names: ['web'], kind: 'plain' },
  { names: ['web'], kind: '--rm' },
  { names: ['web'], kind: '--restart always', bad: 'web' },
  { names: ['web-1', 'web-2'], kind: '--restart always' },
];

type Command = 'deploy' | 'rollback';

/** A run of the script, struck or not. */
async function ran(play: Play, command: Command, strike?: Strike) {
  const world = await played(play);
  if (command === 'rollback') await world.run(['deploy']);
  return { world, ran: await world.run([command], strike) };
}

type Struck = Awaited<ReturnType<typeof ran>> & { readonly at: string };

/** Entries of the journal: to lose one or its answer is all the same for each, and it is written once more. */
const isNote = (change: string) => change.startsWith('cp ');
/** What the engine takes its time for, so that it goes on while nobody is there any more. */
const takesTime = (change: string) => /^(create|start|stop|rm) /.test(change);

/** The calls at which it is struck in this way, as a run that nobody strikes makes them; the quick tier tries one of them. */
async function points(play: Play, command: Command, what: Strike['what']): Promise<readonly number[]> {
  if (!everything) return [what.startsWith('killed') ? 10 : 7];
  const { world, ran: whole } = await ran(play, command);
  await world.close();
  const meant = (change: string) =>
    what === 'killed after the call' || (what === 'killed amid the call' ? takesTime(change) : !isNote(change));
  return whole.changes.flatMap((change, at) => (meant(change) ? [at + 1] : []));
}

/** What is wrong after a strike at each of them. */
async function each(
  of: readonly [Play, Command, Strike['what']],
  work: (struck: Struck, nth: number) => Promise<readonly string[]>,
) {
  const [play, command, what] = of;
  const told: string[] = [];
  for (const nth of await points(...of)) {
    const struck = await ran(play, command, { nth, what });
    const at = struck.ran.changes.at(-1)?.slice(0, 60) ?? 'nothing';
    const broken = await work({ ...struck, at }, nth);
    told.push(...broken.map((one) => `${play.kind}, ${what} ${nth}, ${at}: ${one}`));
    await struck.world.close();
  }
  return told;
}

async function left({ stage }: Played) {
  const entries = await readJournal(stage.model.engine, 'model');
  const steps = stage.play.names.map((name) => entries.findLast(({ container }) => container === name)?.step);
  return `${steps} ${await allIsRight(stage)}`;
}

const runs: readonly (readonly [Command, Play])[] = [
  ...plays.map((play) => ['deploy', play] as const),
  ['rollback', { names: ['web'], kind: '--restart always' }],
];

describe.each(everything ? runs : runs.slice(0, 1))('a %s of the script: %o', (command, play) => {
  const [before, after] = command === 'deploy' ? (['1', '2'] as const) : (['2', '1'] as const);
  it.each(['killed after the call', 'killed amid the call'] as const)(
    'that is %s is brought to one side, by hot-deploy and by the script to the same one',
    async (what) => {
      const broken = await each([play, command, what], async ({ world }, nth) => {
        const { world: other } = await ran(play, command, { nth, what });
        await other.stage.clock.sleep(60);
        await recovered(other.stage, other.stage);
        const next = await world.recover();
        const [by, bySelf] = [await left(other), await left(world)];
        const right = await allIsRight(world.stage);
        await other.close();
        return [
          ...(next.code === 0 ? [] : [next.stderr]),
          ...right,
          ...(by === bySelf ? [] : [`hot-deploy leaves ${by}, the script ${bySelf}`]),
        ];
      });
      expect(broken).toEqual([]);
    },
    3_600_000,
  );

  it.each(['the call is lost', 'the answer is lost', 'SIGTERM'] as const)(
    'where %s: what runs is what its exit code says, and nobody has to look',
    async (what) => {
      const broken = await each([play, command, what], async ({ world, ran: { code, stderr } }) => {
        const right = await allIsRight(world.stage, code === 0 ? after : before);
        return code !== 4 && right.length === 0 ? [] : [`code ${code}, ${right}: ${stderr}`];
      });
      expect(broken).toEqual([]);
    },
    3_600_000,
  );
});
