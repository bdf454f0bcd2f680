import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { someOf, worlds } from '../support/tier.js';
import { type Container, removeContainers } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, removeImages } from '../support/world/images.js';
import { build, type Journey, prepare, travel } from './lab.js';
import { boot } from './node.js';
import { applicationsOf, type Row } from './row.js';
import { rows as all } from './rows/rows.js';
import { after, before } from './umbrella.js';

// For the one who writes a row: only rows whose names hold one of these words.
const wanted = process.env['TRANSITIONS']?.split(',');
const chosen = all.filter(({ name }) => wanted?.some((word) => name.includes(word)) ?? true);

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

describe.each(worlds)('on Debian %s', (debian) => {
  const here = chosen.filter(({ only }) => only === undefined || only === debian);
  const some = <T extends Row>(rows: readonly T[]) => (wanted === undefined ? someOf(9, rows) : rows);
  const hot = some(here.filter((row) => row.decision === 'hot'));
  const restarts = some(here.filter((row) => row.decision === 'restart'));
  const rows = [...hot, ...restarts];

  describe('going up and down while the node runs', () => {
    let journey: Journey;

    beforeAll(async () => {
      const [one, two] = await Promise.all([build(before(rows), debian), build(after(rows, hot), debian)]);
      const began = performance.now();
      const container = await boot(one);
      journey = await travel(container, two, hot);
      await docker('rm', '-f', '-v', container.name);
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      process.stdout.write(`${hot.length} transitions up, down and up again on ${debian}: ${seconds} s\n`);
    });

    it('a failing soak brings the release back hot, and the next deploy is like a cold boot', () => {
      expect(journey.returned.message, journey.log).toContain('by a hot downgrade');
      expect(journey.returned.reasons).toEqual([]);
      expect(journey.deployed).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
      expect(journey.deployed.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
      expect(journey.deployed.containers[0]?.lingering).toEqual([]);
    });

    it.each(hot)('$promise ($name)', (row) => {
      const { says, there, back, up = [], down = [] } = row;
      expect(said(journey.returned, row)).toEqual([...says].sort());
      expect(journey.there.get(row.name) ?? []).toEqual(there.map(([, shown]) => shown));
      expect(journey.back.get(row.name) ?? []).toEqual(back.map(([, shown]) => shown));
      for (const instruction of up) expect(journey.relup.up).toContain(instruction);
      for (const instruction of down) expect(journey.relup.down).toContain(instruction);
    });

    it('no process ends, save those that the new release does not have', () => {
      const { before: old, there, back } = journey.processes;
      const gone = old.filter((line) => !there.includes(line)).map((line) => line.slice(0, line.lastIndexOf(' ')));
      expect(gone.sort()).toEqual(hot.flatMap(({ ends = [] }) => ends).sort());
      const kept = there.filter((line) => old.includes(line));
      expect(kept.filter((line) => !back.includes(line))).toEqual([]);
    });

    it('afterwards the node is what it was', () => {
      expect(journey.standing.back).toEqual(journey.standing.before);
    });

    it('exactly the protocols whose dispatch differs are exchanged', () => {
      const lines = journey.returned.instructions.filter((line) => line.endsWith(exchanged));
      expect(lines.sort()).toEqual(
        hot.flatMap(({ exchanges = [] }) => exchanges.map((name) => name + exchanged)).sort(),
      );
    });
  });

  describe('where a restart is due', () => {
    let container: Container;

    beforeAll(async () => {
      container = await boot(await build(before(rows), debian));
    });

    describe.each(['release', 'rehearsal', 'code'] as const)('the %s says so', (by) => {
      const closing = restarts.filter((row) => row.by === by);
      let given: readonly string[];

      beforeAll(async () => {
        const image = await build(after(rows, closing), debian);
        await prepare(container, closing);
        const rehearse = by === 'rehearsal' ? 'always' : 'never';
        const { report } = await deployTo(container.name, { image, mode: 'plan', rehearse });
        expect(report).toMatchObject({ outcome: 'planned', method: 'recreate' });
        given = report.reasons.map(({ code, subject }) => `${code} ${subject}`);
      });

      it.each(closing)('$promise ($name)', ({ reasons }) => {
        for (const reason of reasons) expect(given).toContainEqual(expect.stringMatching(pattern(reason)));
      });

      it('there is no other reason', () => {
        const patterns = closing.flatMap(({ reasons }) => reasons.map(pattern));
        expect(given.filter((reason) => !patterns.some((each) => each.test(reason)))).toEqual([]);
      });
    });
  });
});

it('a restart where hot was possible is the exception: less than one in ten', () => {
  const possible = all.filter((row) => row.decision === 'hot' || row.possible);
  const needless = possible.filter(({ decision }) => decision === 'restart');
  const names = needless.map(({ name }) => name).join(', ') || 'none';
  process.stdout.write(`needless restarts: ${needless.length} of ${possible.length} (${names})\n`);
  expect(needless.length).toBeLessThan(possible.length / 10);
});

const exchanged = ': consolidated protocol exchanged';

/** The lines of the report below those that name the row's applications. */
function said({ instructions }: Report, row: Row): readonly string[] {
  const names = Object.keys(applicationsOf(row));
  let inside = false;
  const lines = instructions.flatMap((line) => {
    const joined = /^(\w+) \S+: new application$/.exec(line)?.[1];
    if (joined !== undefined) {
      return names.includes(joined) ? [line] : [];
    }
    const header = /^(\w+) (?:\S+ → \S+(?:, as .* says)?|\S+: another build)$/.exec(line)?.[1];
    if (header !== undefined) {
      inside = names.includes(header);
      return [];
    }
    return inside && !line.endsWith(exchanged) ? [line] : [];
  });
  return lines.sort();
}

function pattern(reason: string): RegExp {
  return new RegExp(`^${reason.split('*').map(literally).join('.*')}$`);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
