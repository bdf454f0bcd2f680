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

/** A run of the script that is struck; whether it came so far. */
async function struck(play: Play, command: Command, strike: Strike) {
  const world = await played(play);
  if (command === 'rollback') await world.run(['deploy']);
  const ran = await world.run([command], strike);
  return { world, ran, reached: ran.changes.length >= strike.nth, at: ran.changes.at(-1)?.slice(0, 60) };
}

/** Every call that changes something, one after the other; the quick tier tries two of them. */
async function each(play: Play, what: Strike['what'], work: (nth: number) => Promise<readonly string[] | undefined>) {
  const told: string[] = [];
  for (const nth of everything ? Array.from({ length: 99 }, (_, at) => at + 1) : [7, 10]) {
    const broken = await work(nth);
    if (broken === undefined) break;
    told.push(...broken.map((one) => `${play.kind}, ${what} ${nth}: ${one}`));
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
      const broken = await each(play, what, async (nth) => {
        const [one, other] = [await struck(play, command, { nth, what }), await struck(play, command, { nth, what })];
        await other.world.stage.clock.sleep(60);
        if (one.reached) await recovered(other.world.stage, other.world.stage);
        const next = await one.world.recover();
        const [by, bySelf] = [await left(other.world), await left(one.world)];
        const right = await allIsRight(one.world.stage);
        for (const { world } of [one, other]) await world.close();
        if (!one.reached) return undefined;
        return [
          ...(next.code === 0 ? [] : [`${one.at}: ${next.stderr}`]),
          ...right,
          ...(by === bySelf ? [] : [`${one.at}: hot-deploy leaves ${by}, the script ${bySelf}`]),
        ];
      });
      expect(broken).toEqual([]);
    },
    3_600_000,
  );

  it.each(['the call is lost', 'the answer is lost', 'SIGTERM'] as const)(
    'where %s: what runs is what its exit code says, and nobody has to look',
    async (what) => {
      const broken = await each(play, what, async (nth) => {
        const { world, ran, reached, at } = await struck(play, command, { nth, what });
        const right = await allIsRight(world.stage, ran.code === 0 ? after : before);
        await world.close();
        if (!reached) return undefined;
        return ran.code !== 4 && right.length === 0 ? [] : [`${at}: code ${ran.code}, ${right}: ${ran.stderr}`];
      });
      expect(broken).toEqual([]);
    },
    3_600_000,
  );
});
