import { describe, expect, it } from 'vitest';
import { updateSupervisors } from '../../src/hot-load/children.js';
import { write } from '../../src/node/term.js';
import { compareTrees, type SupervisionChange } from '../../src/release/supervision.js';
import type { Supervised } from '../../src/release/tree.js';
import { supervisor, worker } from '../support/world/facts.js';

const [till, mail, store] = [worker('till'), worker('mail'), worker('store')];
const listOf = (...children: readonly Supervised[]) =>
  supervisor(children, { callback: 'Elixir.Supervisor.Default', name: 'shop_sup' });
const ofModule = (...children: readonly Supervised[]) =>
  supervisor(children, { callback: 'shop_sup', name: 'shop_sup' });

/** What one supervisor is told where its children become others. */
function told(now: Supervised, then: Supervised, changed: readonly string[] = []) {
  const { updates, impossible } = updateSupervisors(compareTrees({ shop: now }, { shop: then }), new Set(changed));
  return {
    impossible: impossible.map(({ subject, why }) => `${subject}: ${why}`),
    updates: updates.map(({ up, down, words }) => ({ up: write(up), down: write(down), words })),
  };
}

const call = (plan: string) => `{'apply',{'hot_deploy_step','children',['shop',[],${plan}]}}`;
const specified = (id: string) => `{'new',{${id},1},#{id=>${id},start=>{${id},start_link,[]}}}`;
const plan = (children: string, { gone = '', isTold = false, flags = '' } = {}) =>
  call(`#{'gone'=>[${gone}],'told'=>${isTold},'children'=>[${children}],'flags'=>#{${flags}}}`);

describe('a supervisor of a list of children', () => {
  it('is told a new child in its place, wherever that is, and the way back', () => {
    expect(told(listOf(till, store), listOf(till, mail, store))).toEqual({
      impossible: [],
      updates: [
        {
          up: plan(`{'keep',{till,1}},${specified('mail')},{'keep',{store,1}}`),
          down: plan(`{'keep',{till,1}},{'keep',{store,1}}`, { gone: '{mail,1}' }),
          words: ['shop_sup: child mail is started'],
        },
      ],
    });
  });

  it('is told another order, another strategy and another intensity', () => {
    const { updates } = told(listOf(till, mail), { ...listOf(mail, till), strategy: 'rest_for_one', intensity: 9 });
    expect(updates).toEqual([
      {
        up: plan(`{'keep',{mail,1}},{'keep',{till,1}}`, { flags: "'strategy'=>'rest_for_one','intensity'=>9" }),
        down: plan(`{'keep',{till,1}},{'keep',{mail,1}}`, { flags: "'strategy'=>'one_for_one','intensity'=>3" }),
        words: ['shop_sup: strategy and restart intensity exchanged', 'shop_sup: its children change places'],
      },
    ]);
  });

  it('is told another specification without what the child is started with, which may be a secret of where it was read', () => {
    const start = '{till,start_link,[<<"secret">>]}';
    const spec = (restart: string) => ({
      portable: true,
      text: `#{id=>till,restart=>${restart},start=>${start},type=>worker}`,
      start,
      closures: [],
    });
    const { updates } = told(
      listOf(worker('till', { spec: spec('permanent') })),
      listOf(worker('till', { spec: spec('transient') })),
    );
    expect(updates[0]?.up).toContain('#{id=>till,restart=>transient,start=>undefined,type=>worker}');
    expect(JSON.stringify(updates)).not.toContain('secret');
  });

  it('is told a child whose id holds a reference, which is made anew where it is started', () => {
    const id = "{listener,'<reference>'}";
    const start = '{listener,start_link,[]}';
    const text = `#{id=>${id},start=>${start}}`;
    const listener = worker(id, { spec: { portable: false, text, start, closures: [] } });
    expect(told(listOf(till), listOf(listener, till)).updates[0]?.up).toContain(`{'new',{${id},1},${text}}`);
  });

  it('is told of those which each boot names anew by what they are and by their order', () => {
    const id = "{listener,'<reference>'}";
    const [one, other] = [worker(id), worker(id)];
    const { updates } = told(listOf(one, other), listOf(one, mail, other));
    expect(updates[0]?.up).toBe(plan(`{'keep',{${id},1}},${specified('mail')},{'keep',{${id},2}}`));
  });

  it('deep in the tree is named by the ids on the way', () => {
    const below = (...children: readonly Supervised[]) => listOf({ ...listOf(...children), id: 'a/b' }, till);
    expect(told(below(), below(mail)).updates[0]?.up).toContain("'children',['shop',[{a/b,1}],");
  });
});

describe('a supervisor with a callback module', () => {
  it('is asked for its children again where that module stays, and starts those that are new', () => {
    expect(told(ofModule(till), ofModule(mail, till)).updates).toEqual([
      {
        up: plan(`{'new',{mail,1},'none'},{'keep',{till,1}}`),
        down: plan(`{'keep',{till,1}}`, { gone: '{mail,1}' }),
        words: ['shop_sup: child mail is started'],
      },
    ]);
  });

  it('has told it already where that module is exchanged, and only children come and go', () => {
    const { updates } = told(ofModule(till), ofModule(mail, till), ['shop_sup']);
    expect(updates[0]?.up).toBe(plan(`{'new',{mail,1},'none'},{'keep',{till,1}}`, { isTold: true }));
    expect(told(ofModule(till, mail), ofModule(mail, till), ['shop_sup'])).toEqual({ impossible: [], updates: [] });
  });
});

describe('impossible to carry out is', () => {
  const spec = { portable: false, text: '#{id=>mail}', start: '{mail,start_link,[]}', closures: ['shop'] };
  const pinned = worker('mail', { spec });
  const random = worker("{listener,'<random binary>'}");
  const { spec: _, ...unspecified } = mail as Supervised;
  const another = worker('mail', { spec: { ...spec, portable: true, start: '{mail,start,[]}' } });

  it.each<[string, Supervised, Supervised, string]>([
    ['a new child that holds a fun', listOf(till), listOf(till, pinned), 'shop/mail: its specification holds a fun'],
    [
      'a new child whose specification is unknown',
      listOf(till),
      listOf(till, unspecified),
      'shop/mail: its specification holds',
    ],
    [
      'a new child that is started with a part of a variable',
      listOf(till),
      listOf(till, worker('mail', { spec: { ...spec, portable: true, partOf: 'REGION' } })),
      'shop/mail: it is started with something that was made of the environment variable REGION',
    ],
    [
      'an end of one whose specification is unknown',
      listOf(till, unspecified),
      listOf(till),
      'shop/mail: its specification could not be put back',
    ],
    [
      'an end that could not be taken back',
      listOf(till, pinned),
      listOf(till),
      'shop/mail: its specification could not be put back',
    ],
    [
      'a new child that each boot starts with another value',
      listOf(till),
      listOf(till, random),
      "shop/{listener,'<random binary>'}: its specification holds",
    ],
    [
      'another specification that is only known by its digest',
      listOf(worker('mail', { spec: { ...spec, text: 'a term of many bytes, A1' } })),
      listOf(worker('mail', { spec: { ...spec, text: 'a term of many bytes, B2' } })),
      'shop/mail: its specification is too large',
    ],
    ['another start', listOf(mail), listOf(another), 'shop/mail: it would be started differently'],
    ['another callback module', ofModule(till), listOf(till), 'shop: it would have another callback module'],
    [
      'another process',
      listOf({ ...mail, runs: 'mail' }),
      listOf({ ...mail, runs: 'post' }),
      'shop/mail: it is a process of mail',
    ],
    ['a process of another kind', listOf(till), worker('top'), 'shop: its process is of another kind'],
    [
      'a change of a module that names its children anew each time',
      ofModule(random),
      ofModule(random, mail),
      'shop/mail: its supervisor gives its children another id',
    ],
  ])('%s', (_, now, then, why) => {
    const { impossible, updates } = told(now, then);
    expect(updates).toEqual([]);
    expect(impossible).toHaveLength(1);
    expect(impossible[0]?.startsWith(why)).toBe(true);
  });

  it('told once for one cause: what is below it, and children that are alike, need no lines of their own', () => {
    const line = (id: string, argument: number) => {
      const start = `{line,start_link,[${argument}]}`;
      return worker(id, { spec: { portable: true, text: `#{id=>${id},start=>${start}}`, start, closures: [] } });
    };
    const lines = (argument: number) => [1, 2, 3].map((number) => line(`${number}`, argument));
    expect(told(listOf(...lines(1)), listOf(...lines(2))).impossible).toEqual([
      'shop/1: it would be started differently, so the one that runs would not be what a cold boot starts (and 2 more beside it)',
    ]);
    const pool = (argument: number) => ({
      ...ofModule(...lines(argument)),
      id: 'pool',
      spec: line('pool', argument).spec,
    });
    const nested = (argument: number) => listOf(pool(argument) as Supervised);
    expect(told(nested(1), nested(2)).impossible).toEqual([
      'shop/pool: it would be started differently, so the one that runs would not be what a cold boot starts',
    ]);
  });

  it('nothing about one that does not answer, which is a reason of its own', () => {
    const changes: readonly SupervisionChange[] = compareTrees(
      { shop: { ...listOf(till), type: 'unanswering' } },
      { shop: listOf(till) },
    );
    expect(updateSupervisors(changes, new Set())).toEqual({ updates: [], impossible: [] });
  });
});
