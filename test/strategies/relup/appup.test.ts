import { describe, expect, it } from 'vitest';
import type { SupervisorUpdate } from '../../../src/hot-load/children.js';
import { atom, type Term, tuple, write } from '../../../src/node/term.js';
import type { ModuleChanges } from '../../../src/release/modules.js';
import type { ModuleFacts } from '../../../src/release/release.js';
import { type Appup, generateAppups } from '../../../src/strategies/relup/appup.js';
import { beam, modulesOf } from '../../support/world/facts.js';

const version = (name: string) => ({
  name,
  from: '1.0.0',
  to: '1.1.0',
  fromDirectory: `/app/lib/${name}-1.0.0`,
  toDirectory: `/app/lib/${name}-1.1.0`,
  appup: false,
});
const generated = (modules: Partial<ModuleChanges>, supervisors: readonly SupervisorUpdate[] = []): Appup => {
  const [appup] = generateAppups([{ change: version('shop'), modules: modulesOf('shop', modules), supervisors }]);
  if (appup === undefined) throw new Error('There is no appup.');
  return appup;
};
/** A module in both versions, told of each where they differ. */
const both = (module: string, to: Partial<ModuleFacts> = {}, from: Partial<ModuleFacts> = to) => ({
  from: beam(module, { ...from, digest: 'old' }),
  to: beam(module, { ...to, digest: 'new' }),
});

/** The instructions, as they stand in the file. */
function scripts({ term }: Appup): { readonly up: readonly string[]; readonly down: readonly string[] } {
  const { tuple: parts } = term as { tuple: readonly [Term, [{ tuple: [Term, Term[]] }], [{ tuple: [Term, Term[]] }]] };
  const [, [{ tuple: up }], [{ tuple: down }]] = parts;
  return { up: up[1].map(write), down: down[1].map(write) };
}
const twice = (instruction: string) => ({ up: [instruction], down: [instruction] });

describe('a changed module', () => {
  it('that nothing runs is loaded', () => {
    expect(scripts(generated({ changed: [both('price')] }))).toEqual(
      twice("{'load_module','price','soft_purge','soft_purge',[]}"),
    );
  });

  it.each([
    ['gen_server', 3],
    ['gen_statem', 4],
    ['gen_event', 3],
    ['gen_fsm', 4],
    ['Elixir.GenServer', 3],
    ['Elixir.GenStage', 3],
    ['Elixir.GenStateMachine', 4],
  ])(
    'of behaviour %s has its processes migrated where it exports code_change/%i, and else only held',
    (name, arity) => {
      const behaviours = [name];
      const held = twice("{'update','till','soft','soft_purge','soft_purge',[]}");
      expect(scripts(generated({ changed: [both('till', { behaviours, codeChange: [arity] })] }))).toEqual(
        twice("{'update','till',{'advanced',[]},'soft_purge','soft_purge',[]}"),
      );
      expect(scripts(generated({ changed: [both('till', { behaviours })] }))).toEqual(held);
      // Its process would call the other one, and crash.
      expect(scripts(generated({ changed: [both('till', { behaviours, codeChange: [7 - arity] })] }))).toEqual(held);
    },
  );

  it('that speaks the protocol of sys itself has its processes migrated by system_code_change', () => {
    const special = { exports: ['start_link/0', 'system_code_change/4', 'system_continue/3'] };
    expect(scripts(generated({ changed: [both('pump', special)] }))).toEqual(
      twice("{'update','pump',{'advanced',[]},'soft_purge','soft_purge',[]}"),
    );
    expect(scripts(generated({ changed: [both('pump', { exports: ['start_link/0'] }, special)] }))).toEqual(
      twice("{'update','pump','soft','soft_purge','soft_purge',[]}"),
    );
  });

  it('of an agent or a task is loaded: what runs is their own module, and knows nothing of the one that changed', () => {
    expect(
      scripts(generated({ changed: [both('Elixir.Box', { exports: ['child_spec/1', 'start_link/1'] })] })),
    ).toEqual(twice("{'load_module','Elixir.Box','soft_purge','soft_purge',[]}"));
  });

  it('that migrates without a behaviour has its processes migrated', () => {
    expect(scripts(generated({ changed: [both('loop', { codeChange: [4] }, {})] }))).toEqual(
      twice("{'update','loop',{'advanced',[]},'soft_purge','soft_purge',[]}"),
    );
  });

  it('is judged by what the new one exports, which is called on the way down, too', () => {
    const behaviours = ['gen_server'];
    expect(scripts(generated({ changed: [both('till', { behaviours }, { behaviours, codeChange: [3] })] }))).toEqual(
      twice("{'update','till','soft','soft_purge','soft_purge',[]}"),
    );
  });

  it('that is no server any more has those of the old version held', () => {
    expect(scripts(generated({ changed: [both('till', {}, { behaviours: ['gen_server'] })] }))).toEqual(
      twice("{'update','till','soft','soft_purge','soft_purge',[]}"),
    );
  });

  it.each(['supervisor', 'Elixir.Supervisor', 'Elixir.DynamicSupervisor'])(
    'of behaviour %s exchanges its child specifications',
    (behaviour) => {
      const changed = [both('sup', { behaviours: [behaviour], codeChange: [3] })];
      expect(scripts(generated({ changed }))).toEqual(
        twice("{'update','sup','static','default',{'advanced',[]},'soft_purge','soft_purge',[]}"),
      );
    },
  );
});

describe('a module that is', () => {
  it('new is loaded on the way up and removed on the way down, softly', () => {
    expect(scripts(generated({ added: [beam('mail', { behaviours: ['gen_server'], codeChange: [3] })] }))).toEqual({
      up: ["{'load_module','mail','soft_purge','soft_purge',[]}"],
      down: ["{'remove',{'mail','soft_purge','soft_purge'}}"],
    });
  });

  it('gone is removed on the way up and loaded on the way down', () => {
    expect(scripts(generated({ removed: [beam('fax')] }))).toEqual({
      up: ["{'remove',{'fax','soft_purge','soft_purge'}}"],
      down: ["{'load_module','fax','soft_purge','soft_purge',[]}"],
    });
  });

  it('a protocol is left to its consolidated twin, and taken away where the release has none', () => {
    const protocol = { protocol: true };
    const [price, show] = [both('price', { calls: ['show'] }), both('show', protocol, { calls: ['price'] })];
    const appup = generated({
      added: [beam('one', protocol)],
      removed: [beam('other', protocol)],
      changed: [price, show],
    });
    const loaded = "{'load_module','price','soft_purge','soft_purge',[]}";
    expect(scripts(appup)).toEqual({
      up: [loaded, "{'remove',{'other','soft_purge','soft_purge'}}"],
      down: [loaded, "{'remove',{'one','soft_purge','soft_purge'}}"],
    });
  });
});

describe('all that changes together is one switch', () => {
  const dependencies = (instructions: readonly string[]) =>
    instructions.map((instruction) => /^\{'\w+','(\w+)',.*\[(.*)\]\}$/.exec(instruction)?.slice(1).join(' < '));

  it('in which callers stand before what they call, each depending on the next, and the last on the first', () => {
    const changed = [both('c'), both('a', { calls: ['c', 'lists', 'a'] }), both('b', { calls: ['a'] })];
    expect(dependencies(scripts(generated({ changed })).up)).toEqual(["b < 'a'", "a < 'c'", "c < 'b'"]);
  });

  it('in the order of the names where nobody calls anybody, so that the same change makes the same appup', () => {
    const up = (...modules: readonly string[]) =>
      dependencies(scripts(generated({ changed: modules.map((each) => both(each)) })).up);
    expect(up('b', 'a')).toEqual(["b < 'a'", "a < 'b'"]);
    expect(up('a', 'b')).toEqual(up('b', 'a'));
  });

  it('in which new modules have their place', () => {
    const appup = generated({ changed: [both('till', { calls: ['mail'] }, {})], added: [beam('mail')] });
    expect(dependencies(scripts(appup).up)).toEqual(["till < 'mail'", "mail < 'till'"]);
    expect(dependencies(scripts(appup).down.slice(0, 1))).toEqual(['till < ']);
  });

  it('in the same order on the way down, behind what comes back', () => {
    const changed = [both('b', {}, { calls: ['a', 'fax'] }), both('a', { calls: ['b'] }, {})];
    const appup = generated({ changed, removed: [beam('fax', { calls: ['a'] })] });
    expect(dependencies(scripts(appup).up.slice(0, 2))).toEqual(["a < 'b'", "b < 'a'"]);
    expect(dependencies(scripts(appup).down)).toEqual(["fax < 'a'", "a < 'b'", "b < 'fax'"]);
  });

  it('which a cycle does not break: each of its modules has one place', () => {
    const changed = [both('a', { calls: ['b'] }), both('b', { calls: ['c'] }), both('c', { calls: ['a'] })];
    expect(dependencies(scripts(generated({ changed })).up)).toEqual(["a < 'b'", "b < 'c'", "c < 'a'"]);
  });

  it('across applications, where only neighbours of one application depend on each other', () => {
    const appups = generateAppups([
      {
        change: version('shop'),
        modules: modulesOf('shop', { changed: [both('till', { calls: ['cart'] })] }),
        supervisors: [],
      },
      {
        change: version('cart'),
        modules: modulesOf('cart', { changed: [both('cart')], added: [beam('zoo')] }),
        supervisors: [],
      },
    ]);
    expect(appups.map((appup) => [appup.application, dependencies(scripts(appup).up)])).toEqual([
      ['shop', ["till < 'cart'"]],
      ['cart', ["zoo < 'till'", 'cart < ']],
    ]);
  });
});

const mail: SupervisorUpdate = {
  application: 'shop',
  path: 'shop',
  up: tuple(atom('apply'), atom('start')),
  down: tuple(atom('apply'), atom('end')),
  words: ['shop_sup: child mail is started'],
};

it('children are started and ended when all is loaded, and before anything is taken away', () => {
  expect(scripts(generated({ changed: [both('price')], added: [beam('mail')] }, [mail]))).toEqual({
    up: [
      "{'load_module','price','soft_purge','soft_purge',['mail']}",
      "{'load_module','mail','soft_purge','soft_purge',['price']}",
      "{'apply','start'}",
    ],
    down: [
      "{'load_module','price','soft_purge','soft_purge',[]}",
      "{'apply','end'}",
      "{'remove',{'mail','soft_purge','soft_purge'}}",
    ],
  });
});

it('an application of which no module changed has an appup without instructions', () => {
  const appup = generated({});
  expect(write(appup.term)).toBe('{"1.1.0",[{"1.0.0",[]}],[{"1.0.0",[]}]}');
});
