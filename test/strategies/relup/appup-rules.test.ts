import { describe, expect, it } from 'vitest';
import type { CodeComparison, HandWritten } from '../../../src/hot-load/comparison.js';
import { compareTrees } from '../../../src/release/supervision.js';
import { judgeCode } from '../../../src/strategies/relup/judge.js';
import { closed } from '../../../src/strategies/strategy.js';
import { quiet } from '../../hot-load/quiet.js';
import {
  beam,
  bumped,
  comparison,
  image,
  modulesOf,
  runs,
  script,
  supervisor,
  worker,
} from '../../support/world/facts.js';

const shop = image();
const appup: HandWritten = {
  application: 'shop',
  from: '1.0.0',
  to: '1.1.0',
  file: '/app/lib/shop-1.1.0/ebin/shop.appup in the image',
  kind: 'usable',
};
const changed = [
  { from: beam('Elixir.Shop.Till', { digest: 'old' }), to: beam('Elixir.Shop.Till', { digest: 'new' }) },
];
const silent = { up: script(), down: script(), restarts: false };
const loading = {
  ...silent,
  up: script({ loads: ['Elixir.Shop.Till'] }),
  down: script({ loads: ['Elixir.Shop.Till'] }),
};

function comparing(chosen: Partial<CodeComparison>): CodeComparison {
  return {
    ...comparison(runs(shop), bumped(shop, '1.1.0', ['shop'])),
    modules: [modulesOf('shop', { changed })],
    supervision: [],
    drift: [],
    processes: quiet,
    appups: [appup],
    ...chosen,
  };
}
const told = (chosen: Partial<CodeComparison>) => judgeCode(comparing(chosen));

describe('a hand-written appup closes the hot way where it', () => {
  it('is unreadable, and the message says what it is not', () => {
    const appups = [{ ...appup, kind: 'unreadable' as const, why: '3: syntax error before: load_module' }];
    expect(told({ appups })).toMatchObject([
      {
        code: 'appup-unreadable',
        subject: 'shop',
        message: `${appup.file} is no appup: 3: syntax error before: load_module. Mend it, or leave it out to have one generated.`,
      },
    ]);
  });

  it('has no entry for what runs, and the message says what to write, and where', () => {
    const appups = [{ ...appup, kind: 'missing' as const, why: 'it has no entry for the way up from 1.0.0' }];
    const [reason] = told({ appups });
    expect(reason).toMatchObject({ code: 'appup-missing', subject: 'shop', blocks: ['relup'] });
    expect(reason?.message).toContain('Add {"1.0.0", Instructions} to both of its lists');
    expect(reason?.message).toContain('or write rel/appups/shop/1.0.0_to_1.1.0.appup.');
  });

  it('forgets a module', () => {
    const reasons = told({ relup: silent });
    expect(reasons).toMatchObject([{ code: 'appup-incomplete', subject: 'shop: Shop.Till' }]);
    expect(closed(reasons)).toBe(true);
  });

  it('restarts the emulator, which is said instead of what it forgets', () => {
    expect(told({ relup: { ...silent, restarts: true } })).toMatchObject([{ code: 'appup-restarts-emulator' }]);
  });

  it('starts no child where there is a new one', () => {
    const supervision = compareTrees(
      { shop: supervisor([worker('till')]) },
      { shop: supervisor([worker('till'), worker('mail')]) },
    );
    const reasons = told({ relup: loading, supervision });
    expect(reasons).toMatchObject([{ code: 'appup-incomplete', subject: 'shop: shop' }]);
    expect(reasons[0]?.message).toContain('Shop.Supervisor: child mail is started: nothing in it does that.');
    const applying = { ...loading, up: script({ loads: ['Elixir.Shop.Till'], applies: 1 }) };
    expect(told({ relup: applying, supervision })).toEqual([]);
    // What is called for another application, by its generated appup, starts nobody here.
    const other = compareTrees({ cart: supervisor([]) }, { cart: supervisor([worker('fax')]) });
    expect(told({ relup: applying, supervision: [...supervision, ...other] })).toHaveLength(1);
  });
});

describe('a hand-written appup closes nothing where it', () => {
  it('says all', () => {
    expect(told({ relup: loading })).toEqual([]);
  });

  it('mentions what did not change, and that is a remark', () => {
    const loads = ['Elixir.Shop.Till', 'Elixir.Shop'];
    const reasons = told({ relup: { ...loading, up: script({ loads }) } });
    expect(reasons).toMatchObject([{ code: 'appup-mentions-unchanged', subject: 'shop: Shop', blocks: [] }]);
    expect(closed(reasons)).toBe(false);
  });

  it('restarts an application that would have to be restarted', () => {
    const restarts = ['shop'];
    const modules = [modulesOf('shop', { changed, started: ['mod'] })];
    const supervision = compareTrees(
      { shop: supervisor([worker('till'), worker('mail')]) },
      { shop: supervisor([worker('mail'), worker('till')]) },
    );
    const loads = ['Elixir.Shop.Till'];
    const relup = { ...silent, up: script({ loads, restarts }), down: script({ loads, restarts }) };
    expect(told({ relup, modules, supervision })).toEqual([]);
    expect(told({ relup: loading, modules, supervision }).map(({ code }) => code)).toEqual([
      'application-start-changed',
      'appup-incomplete',
    ]);
  });
});

it('of an application without one nothing is expected: what is generated is whole', () => {
  expect(told({ appups: [], relup: silent })).toEqual([]);
});
