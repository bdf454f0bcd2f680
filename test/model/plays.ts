import { expect, it } from 'vitest';
import { everywhere, everywhereTwice, type Part, whole } from '../support/model/everywhere.js';
import { allIsRight, goalOf, originOf, type Play } from '../support/model/stage.js';
import { itNightly } from '../support/nightly.js';

interface Tried extends Play {
  /** Also what only asks is lost, and also the run that recovers is killed. */
  readonly thorough?: true;
  /** In the quick tier only some of the calls are struck. */
  readonly part?: Part;
}

/** Every fault at every call of a deploy by restart, and what has to be so whatever has happened. */
export function survives({ thorough, part, ...play }: Tried): void {
  it('is deployed to, or goes back, without a fault', async () => {
    const { stage, carried } = await whole(play);
    const back = play.hot?.fails === 'refused' ? 'refused' : 'rolled-back';
    const outcomes = play.names.map((name) =>
      play.bad === undefined ? 'deployed' : name === play.bad ? back : 'rolled-back',
    );
    expect(carried.map(({ ended: { outcome } }) => outcome)).toEqual(outcomes);
    expect(await allIsRight(stage, play.bad === undefined ? goalOf(play) : originOf(play))).toEqual([]);
  });

  it.each(['the call is lost', 'the answer is lost'] as const)(
    'runs as it is reported to, and nobody has to look, where %s',
    async (fault) =>
      expect(await everywhere(play, fault, { reads: thorough === true, ...(part && { part }) })).toEqual([]),
  );

  it.each(['killed after the call', 'killed amid the call'] as const)(
    'runs one version, alone under its name and with its data, after the next run: %s',
    async (fault) => expect(await everywhere(play, fault, { reads: false, ...(part && { part }) })).toEqual([]),
  );

  if (thorough === undefined) return;
  // Of two containers it is the square of many.
  const often = play.names.length === 1 ? it : itNightly;
  often('is so, too, where the next run is killed while it recovers', async () => {
    expect(await everywhereTwice(play)).toEqual([]);
  });
}
