import { describe, expect, it } from 'vitest';
import type { AssessedTarget } from '../../src/analysis/target.js';
import { strategyOf } from '../../src/hot-load/manifest.js';
import { parseManifest } from '../../src/hot-load/stored-manifest.js';
import { against, remark } from '../../src/reasons/make.js';
import type { Reason } from '../../src/reasons/reason.js';
import { compare } from '../../src/release/compare.js';
import type { ImageRelease } from '../../src/release/release.js';
import { compareTrees } from '../../src/release/supervision.js';
import { partsOf, scriptsOf } from '../../src/strategies/modules/gather.js';
import { modules } from '../../src/strategies/modules/index.js';
import { judgeCode, judgeRelease } from '../../src/strategies/modules/rules.js';
import type { Strategy } from '../../src/strategies/strategy.js';
import {
  application,
  beam,
  bumped,
  changing,
  comparison,
  digest,
  image,
  modulesOf,
  runs,
  supervisor,
  worker,
} from '../support/world/facts.js';

const without = (release: ImageRelease): ImageRelease => ({
  ...release,
  applications: release.applications.filter(({ name }) => name !== 'sasl'),
});
const old = without(image());
const running = runs(old, { sasl: false });
const next = {
  ...bumped(
    changing(old, 'shop', ({ modules }) => ({ modules: { ...modules, 'Elixir.Shop.Till': digest('till') } })),
    '1.1.0',
    ['shop'],
  ),
  protocols: { 'Elixir.Shop.Price': digest('other') },
};
const till = {
  from: beam('Elixir.Shop.Till'),
  to: beam('Elixir.Shop.Till', { digest: digest('till'), behaviours: ['gen_server'], codeChange: [3] }),
};
const shop = modulesOf('shop', { changed: [till], added: [beam('Elixir.Shop.Sale')], removed: [beam('Elixir.Shop')] });

describe('what changes where no release_handler runs', () => {
  it('is told directory by directory, consolidated protocols too', () => {
    const change = compare(running, next);
    const placement = new Map([['shop', 'shop-1.1.0+1']]);
    expect(partsOf({ running, next, change, placement, modules: [shop] })).toEqual([
      {
        application: null,
        from: '/app/releases/1.0.0/consolidated',
        to: '/app/releases/1.1.0/consolidated',
        modules: [['Elixir.Shop.Price', digest('consolidated price'), digest('other')]],
      },
      {
        application: 'shop',
        from: '/app/lib/shop-1.0.0/ebin',
        to: '/app/lib/shop-1.1.0+1/ebin',
        modules: [
          ['Elixir.Shop.Till', digest('Elixir.Shop.Till'), digest('till')],
          ['Elixir.Shop.Sale', null, digest('Elixir.Shop.Sale')],
          ['Elixir.Shop', digest('Elixir.Shop'), null],
        ],
      },
    ]);
  });

  it('holds the processes of callback modules, and leads back the same way', () => {
    const { up, down } = scriptsOf([shop]);
    expect(up).toMatchObject({
      loads: ['Elixir.Shop.Till', 'Elixir.Shop.Sale'],
      removes: ['Elixir.Shop'],
      holds: ['Elixir.Shop.Till'],
      migrates: [{ module: 'Elixir.Shop.Till' }],
    });
    expect(down).toMatchObject({ loads: ['Elixir.Shop.Till', 'Elixir.Shop'], removes: ['Elixir.Shop.Sale'] });
  });
});

describe('where no release_handler runs', () => {
  const judged = (to: ImageRelease) =>
    judgeRelease(comparison(running, to)).map(({ code, subject }) => [code, subject]);

  it('nothing is against other modules', () => {
    expect(judged(next)).toEqual([]);
  });

  it('an application that joins takes a restart', () => {
    const joined = { ...next, applications: [...next.applications, application('till', ['till'])] };
    expect(judged(joined)).toEqual([['application-added', 'till']]);
  });

  it('what supervisors would have to be told takes a restart, and what no supervisor knows does not', () => {
    const note = { pid: '<0.1.0>', modules: ['Elixir.Shop.Till'] };
    const top = (...ids: readonly string[]) => ({ shop: supervisor(ids.map((id) => worker(id))) });
    const supervision = compareTrees(top('till'), top('till', 'sale'));
    const processes = {
      ...{ supervisors: [], wouldDie: [], unanswering: [], unsupervised: [note], funs: [], unseen: [] },
      ...{ hosts: {}, counts: {}, held: 1 },
    };
    const code = {
      ...comparison(running, next),
      modules: [{ ...shop, removed: [] }],
      drift: [],
      processes,
      appups: [],
    };
    expect(judgeCode({ ...code, supervision: [] })).toEqual([]);
    expect(judgeCode({ ...code, supervision }).map(({ code }) => code)).toEqual(['supervision-changed']);
  });
});

describe('a way that a container holds', () => {
  const way = {
    ...{ schema: 1, release: 'shop', from: '1.0.0', to: '1.1.0', images: { from: '1', to: '2' } },
    applications: { from: [], to: [] },
    ...{ updates: [], loads: [], removed: [], added: [], directories: { from: [], to: [] } },
    modules: { same: {}, from: {}, to: {} },
    checksums: { down: { file: 'releases/1.1.0/hot-deploy-down.sha256', sha256: 'a'.repeat(64) } },
  };
  const part = {
    application: 'shop',
    from: '/app/lib/shop-1.0.0/ebin',
    to: null,
    modules: [['shop', digest('a'), null]],
  };
  const read = (parts: unknown) => parseManifest(JSON.stringify({ ...way, parts }), '1.1.0', { file: '', sha256: '' });

  it('may say which modules change', () => {
    expect(read(undefined)).toBeDefined();
    expect(read([part])?.parts).toEqual([part]);
  });

  it.each([
    ['no list', {}],
    ['an application of no name', [{ ...part, application: 'a b' }]],
    ['a directory that is nowhere', [{ ...part, to: 'lib' }]],
    ['a module without digests', [{ ...part, modules: [['shop']] }]],
    ['a digest that is none', [{ ...part, modules: [['shop', 'x', null]] }]],
    ['a module without name', [{ ...part, modules: [['', null, null]] }]],
  ])('and is damaged by %s', (_, parts) => {
    expect(read(parts)).toBeUndefined();
  });
});

describe('a hot strategy that is asked for by its name', () => {
  const asked = (strategy: string, sasl: boolean) => {
    const target = { name: 'web-1', site: { inputs: { strategy } }, running: { release: { sasl } } };
    return target as unknown as AssessedTarget;
  };
  const told = async (strategy: Strategy, target: AssessedTarget, ruledOut: readonly Reason[]) => {
    const assessment = await strategy.assess(target, ruledOut);
    const reasons = assessment.kind === 'ruled-out' ? assessment.reasons : [];
    return [assessment.kind, ...reasons.map(({ code, blocks }) => [code, ...blocks])];
  };

  const stray = against('special-process-changed', 'till <0.310.0>', 'It would keep its old state.');

  it.each<readonly [what: string, ruledOut: readonly Reason[]]>([
    ['something else closes a relup', [against('processes-would-die', 'till', 'It would die.')]],
    ['something else closes a relup, too', [stray, against('nif-changed', 'till', 'It has a NIF.')]],
    ['somebody wrote an appup', [{ ...stray, blocks: ['relup', 'modules'] }]],
  ])('is ruled out as modules where a release_handler runs and %s, with no word', async (_, ruledOut) => {
    expect(await told(modules, asked('auto', true), ruledOut)).toEqual(['ruled-out']);
  });

  it('is looked into as modules where a relup would not find a process, and nothing else is against it', async () => {
    // The stub of a target has nothing to look into.
    await expect(
      told(modules, asked('auto', true), [remark('probe-not-answering', 'web', ''), stray]),
    ).rejects.toThrow();
  });

  it('leads back by its own ways alone', () => {
    const [byRelup, byModules] = [{}, { parts: [] }];
    expect([strategyOf([byRelup, byModules]), strategyOf([byModules])]).toEqual(['relup', 'modules']);
  });
});
