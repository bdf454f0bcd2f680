import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { everything, onlyNightly, worlds } from '../support/tier.js';
import { removeContainers } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { removeImages } from '../support/world/images.js';
import { build, prepare, travel } from './lab.js';
import { boot } from './node.js';
import { application, type Closing, type RandomApplication, rowOf } from './random.js';
import type { HotRow, RestartRow, Row } from './row.js';
import { after, before } from './umbrella.js';

// The same in every run, so that what fails has to do with what was changed; another one looks further.
const seed = Number(process.env['TRANSITIONS_SEED'] ?? 1);
const size = everything ? 10 : 1;

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** systools puts what an application has beside its modules elsewhere where it is the first of all. */
function first(drawn: RandomApplication): RandomApplication {
  const [gone, come] = [
    { was: true, is: false },
    { was: false, is: true },
  ];
  return { ...drawn, shelf: true, agents: [...drawn.agents.slice(0, 1), gone, come] };
}

/** Random applications, some of which close the hot way. */
function pair(offset: number, closing: Closing): readonly Row[] {
  const drawn = fc.sample(application, { seed: seed + offset, numRuns: size });
  return drawn.map((each, at) => rowOf(at === 0 ? first(each) : each, at, at % 4 === 0 ? closing : 'none'));
}

it.each(worlds)('random releases go up and down hot and end as a cold boot, on Debian %s', async (debian) => {
  const rows = pair(worlds.indexOf(debian), 'none').filter((row): row is HotRow => row.decision === 'hot');
  const [one, two] = [await build(before(rows), debian), await build(after(rows, rows), debian)];

  const journey = await travel(await boot(one), two, rows);

  const again = `TRANSITIONS_SEED=${seed}`;
  expect(journey.returned.message, `${again}\n${journey.log}`).toContain('by a hot downgrade');
  expect(journey.deployed).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
  expect(journey.deployed.containers[0]?.proof).toMatchObject({ converged: true });
  for (const row of rows) {
    expect(journey.there.get(row.name), `${again} ${row.name}`).toEqual(row.there.map(([, shown]) => shown));
    expect(journey.back.get(row.name), `${again} ${row.name}`).toEqual(row.back.map(([, shown]) => shown));
  }
  expect(journey.standing.back).toEqual(journey.standing.before);
});

it.each(onlyNightly<Closing>('inserted', 'forgets'))(
  'random releases are refused for what is true of them, and for nothing else: %s',
  async (closing) => {
    process.stdout.write(`TRANSITIONS_SEED=${seed}\n`);
    const rows = pair(closing === 'inserted' ? 10 : 20, closing);
    const [one, two] = [await build(before(rows), 'bookworm'), await build(after(rows, rows), 'bookworm')];
    const container = await boot(one);
    await prepare(container, rows);

    const { report } = await deployTo(container.name, { image: two, mode: 'plan', rehearse: 'always' });

    expect(report).toMatchObject({ outcome: 'planned', method: 'recreate' });
    const closed = rows.filter((row): row is RestartRow => row.decision === 'restart');
    expect(report.reasons.map(({ code, subject }) => `${code} ${subject}`).sort()).toEqual(
      closed.flatMap(({ reasons }) => reasons).sort(),
    );
  },
);
