import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differences, type Measure, prove } from '../../src/hot-load/proof.js';
import type { AfterSwitch } from '../../src/hot-load/switch.js';
import type { Registrations } from '../../src/release/facts.js';
import type { ImageRelease, RunningRelease } from '../../src/release/release.js';
import type { Supervised, Tree } from '../../src/release/supervision.js';
import {
  anyImage,
  application,
  bumped,
  changing,
  digest,
  image,
  runs,
  supervisor,
  worker,
} from '../support/world/facts.js';

const next = bumped(image(), '1.1.0', ['shop', 'cart']);
const before = { ...runs(image(), { osPid: '7' }), tree: {} };
const nested = (...children: readonly Supervised[]) => supervisor(children, { id: 'pool', name: 'pool' });
const cold: Tree = {
  shop: supervisor([worker('till'), nested(worker('line'))]),
  cart: supervisor([worker('store')]),
  kernel: supervisor([worker('a_boot')], { name: 'kernel_sup' }),
};

const registered: Registrations = { names: ['till'], tables: ['{lines,set,protected,1}'], terms: ['prices'] };
const both = { before: registered, after: registered };

function held(release: ImageRelease, tree: Tree | undefined, rehearsed: Measure['rehearsed'] = both): Measure {
  return {
    release,
    ...(tree && { booted: { tree, registrations: registered } }),
    ...(rehearsed && { rehearsed }),
  };
}

/** A node right after the switch, just as a cold boot would have left it, save for what is said. */
function switched(chosen: Partial<AfterSwitch> = {}, identity: Partial<RunningRelease> = {}): AfterSwitch {
  return {
    identity: { ...runs(next, { osPid: '7', uptimeMs: 90_000 }), ...identity },
    environment: { matching: 12, differing: [] },
    tree: { applications: cold },
    registered: { before: registered, now: registered },
    remaining: [],
    oldCode: [],
    ...chosen,
  };
}
const standing = (applications: Tree) => switched({ tree: { applications } });
const { modules, applications } = runs(next);

describe('what runs equals a cold boot', () => {
  it('and the proof says of what and how much', () => {
    expect(prove(held(next, cold), before, switched())).toEqual({
      modules: { expected: 9, matching: 9, differing: [] },
      versions: { kernel: '8.5.3', sasl: '4.2', shop: '1.1.0', cart: '1.1.0' },
      environment: { matching: 12, differing: [] },
      protocols: { expected: 1, matching: 1, differing: [] },
      // All but what depends on how the VM was started.
      supervision: { expected: 6, matching: 6, differing: [] },
      registrations: { expected: 3, matching: 3, differing: [] },
      processes: { oldCode: [], notMigrated: [] },
      vm: { sameProcess: true, uptimeMs: 90_000 },
      notCompared: [],
      converged: true,
    });
  });

  it('whatever the release holds, as soon as a node runs just that', () => {
    fc.assert(
      fc.property(anyImage, (release) => {
        const proof = prove(held(release, cold), before, switched({}, runs(release)));
        expect(proof.converged).toBe(true);
        expect(proof.modules.matching).toBe(proof.modules.expected);
      }),
    );
  });

  it.each<[string, AfterSwitch, Tree?]>([
    ['processes are still in old code', switched({ oldCode: [{ pid: '<0.9.0>', modules: ['Elixir.Shop'] }] })],
    [
      'the VM was started otherwise, which its kernel shows',
      standing({ ...cold, kernel: supervisor([]), sasl: supervisor([]) }),
    ],
    ['something was started beside it', standing({ ...cold, iex: supervisor([]) })],
    ['a child does not run that does not run after a cold boot either', standing(idle()), idle()],
  ])('even though %s', (_, now, then = cold) => {
    expect(prove(held(next, then), before, now)).toMatchObject({ converged: true, supervision: { differing: [] } });
  });

  it('also where a module is loaded that the release does not hold', () => {
    const more = { ...modules, extra: 'FF' };
    expect(prove(held(next, cold), before, switched({}, { modules: more }))).toMatchObject({
      modules: { expected: 9, matching: 9, differing: [] },
      converged: true,
    });
  });

  it('also where a protocol is consolidated that the node cannot find, which is no protocol of what runs', () => {
    const more = { ...next, protocols: { ...next.protocols, 'Elixir.IEx.Info': digest('info') } };
    expect(prove(held(more, cold), before, switched())).toMatchObject({
      protocols: { expected: 1, matching: 1 },
      converged: true,
    });
  });

  it('as far as one can tell without a cold boot: that is said', () => {
    expect(prove(held(next, undefined), before, switched({ tree: { applications: {} } }))).toMatchObject({
      supervision: { expected: 0, matching: 0, differing: [] },
      notCompared: [
        'supervision tree, names, tables and persistent terms: the new release did not boot in a container of its own',
      ],
      converged: true,
    });
  });

  it('and tells whether it is still the same process', () => {
    expect(prove(held(next, cold), before, switched({}, { osPid: '8' })).vm).toEqual({
      sameProcess: false,
      uptimeMs: 90_000,
    });
  });

  it('even though an application had ended by itself before the switch', () => {
    const ended = before.applications.map((one) => ({ ...one, running: one.name !== 'cart' }));
    const { cart: _, ...rest } = cold;
    expect(prove(held(next, cold), { ...before, applications: ended }, standing(rest)).converged).toBe(true);
  });
});

function idle(): Tree {
  return { ...cold, cart: supervisor([worker('store', { running: false })]) };
}

it('what was not looked through is listed', () => {
  const unseen = ['table sessions'];
  expect(prove({ ...held(next, cold), unseen }, before, switched()).notCompared).toEqual([
    'whether table sessions keeps funs of code that is gone',
  ]);
});

describe('a child that has ended by itself', () => {
  const restarted = (id: string, when: string, running = true): Supervised =>
    worker(id, { running, spec: { portable: true, text: `#{id=>${id},restart=>${when}}`, start: id, closures: [] } });
  const shop = (...children: readonly Supervised[]): Tree => ({ ...cold, shop: supervisor(children) });

  it('as a temporary one may does not make the node differ', () => {
    const booted = shop(worker('till'), restarted('warm_up', 'temporary'));
    expect(prove(held(next, booted), before, standing(shop(worker('till')))).converged).toBe(true);
    expect(
      prove(held(next, shop(worker('till'), worker('mail'))), before, standing(shop(worker('till')))).converged,
    ).toBe(false);
  });

  it('before the switch, as a transient one may, is not the doing of the upgrade', () => {
    const ended = shop(worker('till'), restarted('import', 'transient', false));
    const booted = shop(worker('till'), restarted('import', 'transient'));
    expect(prove(held(next, booted), { ...before, tree: ended }, standing(ended)).converged).toBe(true);
    expect(prove(held(next, booted), { ...before, tree: booted }, standing(ended)).converged).toBe(false);
  });
});

describe('what runs does not equal a cold boot', () => {
  it.each<[string, AfterSwitch, string]>([
    ['another version of the release', switched({}, { version: '1.0.0' }), 'the versions'],
    [
      'another version of an application',
      switched(
        {},
        { applications: applications.map((one) => (one.name === 'cart' ? { ...one, version: '1.0.0' } : one)) },
      ),
      'the versions',
    ],
    [
      'an application that is not loaded',
      switched({}, { applications: applications.filter(({ name }) => name !== 'cart') }),
      'the versions',
    ],
    ['other code', switched({}, { modules: { ...modules, 'Elixir.Shop': digest('old') } }), 'modules Elixir.Shop'],
    [
      'a module less',
      switched({}, { modules: { ...modules, 'Elixir.Cart.Store': undefined as never } }),
      'modules Elixir.Cart.Store',
    ],
    ['code that should be gone', switched({ remaining: ['fax'] }), 'modules fax'],
    [
      'another dispatch of a protocol',
      switched({}, { modules: { ...modules, 'Elixir.Shop.Price': digest('Elixir.Shop.Price') } }),
      'modules Elixir.Shop.Price; protocols Elixir.Shop.Price',
    ],
    [
      'other settings',
      switched({ environment: { matching: 11, differing: ['shop:limit'] } }),
      'environment shop:limit',
    ],
    [
      'a child more',
      standing({ ...cold, cart: supervisor([worker('store'), worker('fax')]) }),
      'supervision cart: child fax is gone',
    ],
    ['a child less', standing({ ...cold, cart: supervisor([]) }), 'supervision cart: child store is new'],
    ['a child that could not be started', standing(idle()), 'supervision cart/store is not running'],
    [
      'one that could not be started further below',
      standing({ ...cold, shop: supervisor([worker('till'), nested(worker('line', { running: false }))]) }),
      'supervision shop/pool/line is not running',
    ],
    [
      'an application that could not be started',
      standing({ shop: cold['shop'] ?? supervisor([]) }),
      'supervision cart is not running',
    ],
  ])('with %s', (_, now, told) => {
    const proof = prove(held(next, cold), before, now);
    expect(proof.converged).toBe(false);
    expect(differences(proof)).toBe(told);
  });

  it('where only the node says of a child that it does not run', () => {
    const { running: _, ...silent } = worker('store');
    const silently = { ...cold, cart: supervisor([silent]) };
    expect(prove(held(next, silently), before, standing(cold)).converged).toBe(true);
    expect(prove(held(next, silently), before, standing(idle())).converged).toBe(false);
  });

  it('with an application that is new and could not be started', () => {
    const joined = { ...next, applications: [...next.applications, application('mail', ['mail'])] };
    const proof = prove(held(joined, { ...cold, mail: supervisor([]) }), before, switched({}, runs(joined)));
    expect(proof).toMatchObject({ converged: false, supervision: { differing: ['mail is not running'] } });
  });

  it('and the figures add up, however much differs', () => {
    const many = supervisor(['a', 'b', 'c', 'd'].map((id) => worker(id)));
    const proof = prove(held(next, { cart: supervisor([]) }), before, {
      ...switched({ tree: { applications: { cart: many } }, remaining: ['fax'] }),
      identity: runs(changing(next, 'cart', () => ({ modules: { 'Elixir.Cart': 'old', 'Elixir.Cart.Store': 'old' } }))),
    });
    expect(proof).toMatchObject({
      modules: { expected: 9, matching: 7, differing: ['Elixir.Cart', 'Elixir.Cart.Store', 'fax'] },
      supervision: { expected: 1, matching: 0 },
      converged: false,
    });
    expect(differences(proof)).toBe(
      'modules Elixir.Cart, Elixir.Cart.Store, fax; supervision cart: child d is gone, cart: child c is gone, cart: child b is gone, cart: child a is gone',
    );
  });

  it('and of many differences the first few are named', () => {
    const differing = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => `shop:${key}`);
    const proof = prove(held(next, cold), before, switched({ environment: { matching: 0, differing } }));
    expect(differences(proof)).toBe('environment shop:a, shop:b, shop:c, shop:d, shop:e');
  });
});
