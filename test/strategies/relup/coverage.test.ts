import { describe, expect, it } from 'vitest';
import type { HandWritten } from '../../../src/hot-load/comparison.js';
import type { ModuleChanges } from '../../../src/release/modules.js';
import type { ModuleFacts } from '../../../src/release/release.js';
import { coverage } from '../../../src/strategies/relup/coverage.js';
import { beam, modulesOf, script } from '../../support/world/facts.js';

const appup: HandWritten = {
  application: 'shop',
  from: '1.0.0',
  to: '1.1.0',
  file: 'rel/appups/shop/1.0.0_to_1.1.0.appup',
  kind: 'usable',
};
const both = (module: string, to: Partial<ModuleFacts> = {}, from: Partial<ModuleFacts> = to) => ({
  from: beam(module, { ...from, digest: 'old' }),
  to: beam(module, { ...to, digest: 'new' }),
});

interface Given {
  readonly changes?: Partial<ModuleChanges>;
  /** Modules of the new application that did not change. */
  readonly unchanged?: readonly string[];
  readonly consolidated?: readonly string[];
  readonly up?: Parameters<typeof script>[0];
  /** The same as on the way up, where absent. */
  readonly down?: Parameters<typeof script>[0];
}

function found({ changes = {}, unchanged = [], consolidated = [], up = {}, down = up }: Given): readonly string[] {
  const modules = modulesOf('shop', changes);
  const own = [
    ...unchanged,
    ...modules.added.map(({ module }) => module),
    ...modules.changed.map(({ to }) => to.module),
  ];
  const protocols = Object.fromEntries(consolidated.map((module) => [module, 'digest']));
  return coverage(appup, modules, own, protocols, { up: script(up), down: script(down) }).map(
    ({ kind, module, says }) => `${kind} ${module}: ${says}`,
  );
}

describe('an appup that says all there is to say', () => {
  it('is not remarked on, whatever comes, goes and changes', () => {
    const changes = {
      added: [beam('mail')],
      removed: [beam('fax')],
      changed: [both('price'), both('till', { behaviours: ['gen_server'], codeChange: [3] })],
    };
    const migrates = [{ module: 'till', loaded: true }];
    const up = { loads: ['mail', 'price', 'till'], removes: ['fax'], holds: ['till'], migrates };
    const down = { loads: ['fax', 'price', 'till'], removes: ['mail'], migrates: [{ module: 'till', loaded: false }] };
    expect(found({ changes, unchanged: ['shop'], up, down })).toEqual([]);
  });

  it('may restart the whole application, which loads what did not change, too', () => {
    const up = { loads: ['price', 'shop'], restarts: ['shop'] };
    expect(found({ changes: { changed: [both('price')] }, unchanged: ['shop'], up })).toEqual([]);
  });

  it('leaves consolidated protocols to the release', () => {
    const changes = { changed: [both('show', { protocol: true })], added: [beam('loud', { protocol: true })] };
    expect(found({ changes, consolidated: ['show', 'loud'] })).toEqual([]);
  });
});

describe('a module that changed and that the appup forgets', () => {
  it('is named with the instruction to add, once for both ways', () => {
    expect(found({ changes: { changed: [both('price')] } })).toEqual([
      'incomplete price: it changed, and is not loaded on the way up and down. Add `{load_module,price}`',
    ]);
  });

  it('is named where it is forgotten one way only', () => {
    const changes = { changed: [both('price')] };
    expect(found({ changes, up: { loads: ['price'] }, down: {} })).toEqual([
      'incomplete price: it changed, and is not loaded on the way down. Add `{load_module,price}`',
    ]);
  });

  it.each<[string, Partial<ModuleFacts>]>([
    ["{update,'Elixir.Till',{advanced,[]}}", { behaviours: ['Elixir.GenServer'], codeChange: [3] }],
    ["{update,'Elixir.Till'}", { behaviours: ['Elixir.GenServer'] }],
    ["{update,'Elixir.Till',supervisor}", { behaviours: ['Elixir.Supervisor'] }],
  ])('is to be added as %s where that is what its processes need', (instruction, facts) => {
    expect(found({ changes: { changed: [both('Elixir.Till', facts)] } })[0]).toContain(`Add \`${instruction}\``);
  });
});

describe('a module that is', () => {
  it('new has to be loaded on the way up and removed on the way down', () => {
    expect(found({ changes: { added: [beam('mail')] } })).toEqual([
      'incomplete mail: it is new, and is not loaded on the way up. Add `{add_module,mail}`',
      'incomplete mail: it is new, and is not removed on the way down. Add `{remove,{mail,soft_purge,soft_purge}}`',
    ]);
  });

  it('gone has to be removed on the way up and loaded on the way down', () => {
    expect(found({ changes: { removed: [beam('fax')] } })).toEqual([
      'incomplete fax: it is no longer there, and is not loaded on the way down. Add `{add_module,fax}`',
      'incomplete fax: it is no longer there, and is not removed on the way up. Add `{remove,{fax,soft_purge,soft_purge}}`',
    ]);
  });

  it('there in both versions must not be removed', () => {
    expect(found({ unchanged: ['price'], up: { removes: ['price'] }, down: {} })).toEqual([
      'incomplete price: it is removed on the way up, and both versions have it. Leave that out',
    ]);
  });
});

it('a module that is loaded twice is named, since the second time kills whoever is in the code of the first', () => {
  const up = { loads: ['price', 'price'] };
  expect(found({ changes: { changed: [both('price')] }, up, down: { loads: ['price'] } })).toEqual([
    'incomplete price: it is loaded twice on the way up. Leave one of the instructions out',
  ]);
});

it('a protocol whose own file would take the place of the consolidated one is named', () => {
  expect(found({ unchanged: ['show'], consolidated: ['show'], up: { loads: ['show'] } })[0]).toMatch(
    /^incomplete show: it is a protocol, and on the way up and down .* Leave it out/,
  );
});

it('a module that did not change and is loaded again is a remark', () => {
  expect(found({ unchanged: ['price'], up: { loads: ['price'] } })).toEqual([
    'unchanged price: it did not change, and is loaded again',
  ]);
});

describe('a code_change that would be called and is not there', () => {
  const up = { loads: ['till'], migrates: [{ module: 'till', loaded: true }] };
  const down = { loads: ['till'], migrates: [{ module: 'till', loaded: false }] };
  const server = { behaviours: ['gen_server'] };
  const says = (way: string, wanted: string, version: string) =>
    `incomplete till: its processes are to call ${wanted} on the way ${way}, which the ${version} version does not export. Export it, or write \`{update,till,soft}\``;

  it.each([
    ['gen_server', 'code_change/3'],
    ['gen_event', 'code_change/3'],
    ['gen_statem', 'code_change/4'],
    ['nothing known', 'system_code_change/4'],
  ])('of %s is %s, and the new version’s both ways', (behaviour, wanted) => {
    const changed = [both('till', { behaviours: [behaviour] }, { behaviours: [behaviour], codeChange: [3, 4] })];
    expect(found({ changes: { changed }, up, down })).toEqual([says('up', wanted, 'new'), says('down', wanted, 'new')]);
  });

  it('is the old version’s where a static module is loaded before it is asked', () => {
    const changed = [both('till', { ...server, codeChange: [3] }, server)];
    const after = { loads: ['till'], migrates: [{ module: 'till', loaded: true }] };
    expect(found({ changes: { changed }, up, down: after })).toEqual([says('down', 'code_change/3', 'old')]);
  });

  it('is not missed in supervisors and in special processes that have their own', () => {
    for (const facts of [{ behaviours: ['supervisor'] }, { exports: ['system_code_change/4'] }]) {
      expect(found({ changes: { changed: [both('till', facts)] }, up, down })).toEqual([]);
    }
  });
});
