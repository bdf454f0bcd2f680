import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atom, type Term, text, tuple, write } from '../../../src/node/term.js';
import type { ModuleFacts } from '../../../src/release/release.js';
import { type Appup, generateAppups } from '../../../src/strategies/relup/appup.js';
import { beam, digest, modulesOf } from '../../support/world/facts.js';

const all = [...'abcdefgh'].map((letter) => `mod_${letter}`);
const fate = fc.constantFrom('added', 'removed', 'changed', 'untouched');
const kind = fc.constantFrom<Partial<ModuleFacts>>(
  {},
  { behaviours: ['gen_server'], codeChange: [3] },
  { behaviours: ['Elixir.GenServer'] },
  { behaviours: ['supervisor'], codeChange: [3] },
);
const calls = fc.subarray([...all, 'lists']);
const protocol = fc.integer({ min: 0, max: 9 }).map((one) => one === 0);
const module = fc.record({
  application: fc.constantFrom('cart', 'shop'),
  fate,
  kind,
  from: calls,
  to: calls,
  was: protocol,
  is: protocol,
});
/** What becomes of up to eight modules in two applications that both change. */
const upgrade = fc.tuple(...all.map(() => module));
type Upgrade = typeof upgrade extends fc.Arbitrary<infer Of> ? Of : never;

const fact = (name: string, { kind }: Upgrade[number], calls: readonly string[], protocol: boolean, seed: string) =>
  beam(name, { ...kind, calls, protocol, digest: digest(`${seed} ${name}`) });

function appupsFor(upgrade: Upgrade): readonly Appup[] {
  const named = upgrade.map((each, at) => ({
    ...each,
    old: fact(all[at] ?? '', each, each.from, each.was, 'old'),
    next: fact(all[at] ?? '', each, each.to, each.is, 'new'),
  }));
  return generateAppups(
    ['cart', 'shop'].map((name) => {
      const own = named.filter(({ application }) => application === name);
      return {
        change: { name, from: '1.0.0', to: '1.1.0', fromDirectory: '', toDirectory: '', appup: false },
        modules: modulesOf(name, {
          added: own.filter(({ fate }) => fate === 'added').map(({ next }) => next),
          removed: own.filter(({ fate }) => fate === 'removed').map(({ old }) => old),
          changed: own.filter(({ fate }) => fate === 'changed').map(({ old, next }) => ({ from: old, to: next })),
        }),
        supervisors: [],
      };
    }),
  );
}

interface Instruction {
  readonly does: string;
  readonly module: string;
  readonly dependsOn: readonly string[];
  readonly source: string;
}

function instructions(appups: readonly Appup[], way: 'up' | 'down'): readonly Instruction[] {
  return appups.flatMap(({ term }) => {
    const script = (term as { tuple: readonly [Term, ...(readonly [{ tuple: readonly [Term, readonly Term[]] }])[]] })
      .tuple;
    return (script[way === 'up' ? 1 : 2]?.[0].tuple[1] ?? []).map((instruction) => {
      const source = write(instruction);
      const [, does = '', module = '', dependsOn = ''] =
        /^\{'(\w+)',\{?'(\w+)',.*?(?:\[([\w',]*)\])?\}$/.exec(source) ?? [];
      return { does, module, source, dependsOn: dependsOn.match(/\w+/g) ?? [] };
    });
  });
}

/** The names of those modules that have this fate and are left to no consolidated twin. */
function thoseOf(upgrade: Upgrade, ...fates: readonly string[]): readonly string[] {
  return all.filter((_, at) => {
    const each = upgrade[at];
    return each !== undefined && fates.includes(each.fate) && !(each.fate === 'removed' ? each.was : each.is);
  });
}

const exchanging = (script: readonly Instruction[]) => script.filter(({ does }) => does !== 'remove');
const names = (script: readonly Instruction[]) => script.map(({ module }) => module).sort();

it('every module that is changed or new is loaded exactly once, and every other one is removed or left alone', () => {
  fc.assert(
    fc.property(upgrade, (some) => {
      const [up, down] = [instructions(appupsFor(some), 'up'), instructions(appupsFor(some), 'down')];
      const removes = (script: readonly Instruction[]) => names(script.filter(({ does }) => does === 'remove'));
      expect(names(exchanging(up))).toEqual(thoseOf(some, 'added', 'changed'));
      // Protocols, too: nobody else takes them away.
      expect(removes(up)).toEqual(all.filter((_, at) => some[at]?.fate === 'removed'));
      expect(names(exchanging(down))).toEqual(thoseOf(some, 'removed', 'changed'));
      expect(removes(down)).toEqual(all.filter((_, at) => some[at]?.fate === 'added'));
    }),
  );
});

it('every dependency is on a module that has an instruction of its own, and all of them hang together', () => {
  fc.assert(
    fc.property(upgrade, fc.constantFrom('up' as const, 'down' as const), (some, way) => {
      const script = exchanging(instructions(appupsFor(some), way));
      const loaded = names(script);
      for (const { dependsOn, module } of script) {
        expect(loaded).toEqual(expect.arrayContaining([...dependsOn]));
        expect(dependsOn).not.toContain(module);
      }
      const edges = script.flatMap(({ module, dependsOn }) => dependsOn.map((on) => [module, on] as const));
      const graph: Record<string, string[]> = {};
      for (const [one, other] of [...edges, ...edges.map(([one, other]) => [other, one] as const)]) {
        graph[one] = [...(graph[one] ?? []), other];
      }
      const [first = '', ...others] = loaded;
      expect(others.filter((other) => !reaches(graph, first, other))).toEqual([]);
    }),
  );
});

it('nobody is ever killed: every instruction purges softly, before and after', () => {
  fc.assert(
    fc.property(upgrade, fc.constantFrom('up' as const, 'down' as const), (some, way) => {
      for (const { source } of instructions(appupsFor(some), way)) {
        expect(source).toContain("'soft_purge','soft_purge'");
        expect(source).not.toContain('brutal');
      }
    }),
  );
});

/** Whether one module calls another, whatever lies between. */
function reaches(
  graph: Readonly<Record<string, readonly string[]>>,
  from: string,
  to: string,
  seen = new Set<string>(),
): boolean {
  return (graph[from] ?? []).some((called) => {
    if (called === to) return true;
    if (seen.has(called)) return false;
    return reaches(graph, called, to, seen.add(called));
  });
}

// Makes the relups from 1.0.0 to 1.1.0 below numbered directories, and prints what each loads, up and down, in order.
const makeRelups = (count: number) => `
  Platform=[begin application:load(App),{ok,Vsn}=application:get_key(App,vsn),{App,Vsn} end||App<-[kernel,stdlib,sasl]],
  [begin
    Directory=integer_to_list(At),
    [New,Old]=[begin
      Rel={release,{"shop",Vsn},{erts,"1"},Platform++[{cart,Vsn},{shop,Vsn}]},
      Name=filename:join(Directory,Vsn),
      ok=file:write_file(Name++".rel",io_lib:format("~p.~n",[Rel])),
      Name
    end||Vsn<-["1.1.0","1.0.0"]],
    Path=filelib:wildcard(filename:join(Directory,"*/ebin")),
    {ok,{_,[{_,_,Up}],[{_,_,Down}]},_,_}=systools:make_relup(New,[Old],[Old],[{path,Path},noexec,silent]),
    io:format("~w.~n",[[[M||{load,{M,_,_}}<-Script]||Script<-[Up,Down]]])
  end||At<-lists:seq(0,${count - 1})],
  halt(0,[{flush,true}]).`;

it('systools makes one switch of them, in which no new caller meets an old callee', ({ skip }) => {
  const probe = spawnSync('erl', ['-noshell', '-eval', '{module,_}=code:load_file(systools),halt().']);
  skip(probe.status !== 0, 'erl is not on the PATH, or comes without sasl');
  const seed = Date.now();
  const upgrades = fc.sample(upgrade, { numRuns: 40, seed });
  const cwd = mkdtempSync(join(tmpdir(), 'hot-deploy-appup-'));
  try {
    for (const [at, some] of upgrades.entries()) {
      layOut(join(cwd, String(at)), some);
    }
    const { stdout, stderr } = spawnSync('erl', ['-noshell', '-noinput', '-eval', makeRelups(upgrades.length)], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, ERL_CRASH_DUMP: '/dev/null' },
    });
    const lines = stdout.match(/^\[\[.*?\]\]\.$/gms) ?? [];
    expect(lines.length, `fast-check seed ${seed}: ${stdout.slice(-500)} ${stderr}`).toBe(upgrades.length);
    for (const [at, some] of upgrades.entries()) {
      const [up = [], down = []] = (lines[at]?.split('],[') ?? []).map((order) => order.match(/\w+/g) ?? []);
      const [fresh, back] = [thoseOf(some, 'added', 'changed'), thoseOf(some, 'removed')];
      expect([...up].sort()).toEqual(fresh);
      expectCallersFirst(some, up.toReversed());
      // What comes back is there before anybody who calls it.
      expect(down.slice(0, back.length).sort()).toEqual(back);
      expect(down.slice(back.length).sort()).toEqual(thoseOf(some, 'changed'));
      expectCallersFirst(some, down.slice(back.length));
    }
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

/** Neither way may a new caller meet an old callee, so on the way up callees are new first, and on the way down last. */
function expectCallersFirst(some: Upgrade, order: readonly string[]): void {
  const graph = Object.fromEntries(
    order.map((name) => [name, (some[all.indexOf(name)]?.to ?? []).filter((called) => order.includes(called))]),
  );
  for (const [caller, called] of order.flatMap((from) => (graph[from] ?? []).map((to) => [from, to] as const))) {
    // In a cycle somebody has to be first.
    if (!reaches(graph, called, caller)) {
      expect(order.indexOf(caller), `${caller} before ${called} in ${order}`).toBeLessThan(order.indexOf(called));
    }
  }
}

/** Both versions of both applications as systools looks for them, with the appups beside the new ones. */
function layOut(folder: string, some: Upgrade): void {
  const appups = appupsFor(some);
  for (const name of ['cart', 'shop']) {
    for (const [version, gone] of [
      ['1.0.0', 'added'],
      ['1.1.0', 'removed'],
    ] as const) {
      const ebin = join(folder, `${name}-${version}`, 'ebin');
      mkdirSync(ebin, { recursive: true });
      const modules = all.filter((_, at) => some[at]?.application === name && some[at]?.fate !== gone);
      const keys = [
        tuple(atom('description'), text('')),
        tuple(atom('vsn'), text(version)),
        tuple(atom('modules'), modules.map(atom)),
        tuple(atom('applications'), [atom('kernel'), atom('stdlib')]),
        tuple(atom('registered'), []),
      ];
      writeFileSync(join(ebin, `${name}.app`), `${write(tuple(atom('application'), atom(name), keys))}.\n`);
      const appup = appups.find(({ application }) => application === name);
      if (version === '1.1.0' && appup !== undefined) {
        writeFileSync(join(ebin, `${name}.appup`), `${write(appup.term)}.\n`);
      }
    }
  }
}
