import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/hot-load/comparison.js';
import type { ReasonCode } from '../../src/reasons/codes.js';
import type { ImageRelease, RunningRelease } from '../../src/release/release.js';
import { judgeRelease } from '../../src/strategies/relup/judge.js';
import { closed } from '../../src/strategies/strategy.js';
import { anyImage, application, bumped, changing, comparison, digest, image, runs } from '../support/world/facts.js';

const shop = image({ applications: [...image().applications, application('crypto', ['crypto'], { version: '5.1' })] });
const next = bumped(shop, '1.0.1');

const comparing = (
  one: Partial<RunningRelease>,
  other: ImageRelease = next,
  more: Partial<Omit<Comparison, 'running' | 'next' | 'change'>> = {},
) => comparison(runs(shop, one), other, more);
const withFile = (path: string, release = next) => ({ ...release, files: { ...release.files, [path]: digest('new') } });
const upTo = (hotUpTo: 'patch' | 'minor' | 'major') => ({ options: { strategy: 'auto', hotUpTo } }) as const;
const versions = (from: string, to: string, limit: 'patch' | 'minor' | 'major') =>
  comparing({ version: from }, { ...next, version: to }, upTo(limit));

type Row = readonly [code: ReasonCode, subject: string, comparison: Comparison, says: string];

const rows: readonly Row[] = [
  [
    'strategy-restart',
    'strategy',
    comparing({}, next, { options: { strategy: 'restart', hotUpTo: 'major' } }),
    'asked for by `strategy: restart`; `auto` loads hot where every check passes.',
  ],
  [
    'erts-changed',
    'erts',
    comparing({}, { ...next, erts: '14.0', otp: '26' }),
    'ERTS 13.1.5 (OTP 25) runs and the image brings 14.0 (OTP 26). A VM cannot exchange itself; build on the same Erlang/OTP to stay hot.',
  ],
  [
    'release-root-changed',
    '/srv/shop',
    comparing({}, { ...next, root: '/srv/shop' }),
    'lies in /app and in the image in /srv/shop. Build into the same directory to stay hot.',
  ],
  [
    'otp-app-changed',
    'crypto',
    comparing(
      {},
      changing(next, 'crypto', () => ({ version: '5.2' })),
    ),
    'crypto changes from 5.1 to 5.2. It is part of the platform, which takes a new VM; keep its version',
  ],
  [
    'sasl-missing',
    'sasl',
    comparing({ sasl: false }),
    'Add :sasl to extra_applications (mix) or to the release (relx)',
  ],
  [
    'sasl-missing',
    'sasl in the image',
    comparing(
      { applications: runs(shop).applications.filter(({ name }) => name !== 'sasl') },
      { ...next, applications: next.applications.filter(({ name }) => name !== 'sasl') },
    ),
    'systools makes no relup. Add it to the release.',
  ],
  [
    'release-shared',
    '/app',
    comparing({ beside: [{ ...runs(shop).vm, distribution: { flag: '-sname', node: 'jobs' } }] }),
    'jobs in the same container runs from /app too, and a hot load would change what it boots next.',
  ],
  [
    'release-not-writable',
    '/app/releases',
    comparing({ writable: false }),
    "The VM's user (1000:1000) cannot write the release. Give it the directory in the Dockerfile: COPY --chown.",
  ],
  [
    'release-not-writable',
    '/app/releases',
    comparing({ writable: false }, next, { readOnlyRoot: true }),
    'read-only root file system, so no new code can be brought in. Put the release on a volume, or leave it to restarts.',
  ],
  [
    'runtime-not-own',
    '/usr/lib/erlang/erts-13.1.5/bin',
    comparing(
      {
        files: { ...shop.files, 'releases/VSN/libexec/erts.sh': digest('new') },
        vm: { ...runs(shop).vm, bin: '/usr/lib/erlang/erts-13.1.5/bin' },
      },
      withFile('releases/VSN/libexec/erts.sh'),
    ),
    'puts the code of all versions that lie in /app/lib on the path, the oldest first',
  ],
  [
    'version-not-bumped',
    '1.0.0',
    comparing({}, withFile('releases/VSN/runtime.exs', shop)),
    '1.0.0 runs already, with other content than the image has. It takes a restart.',
  ],
  [
    'otp-app-changed',
    'sasl',
    comparing(
      {},
      changing(next, 'sasl', () => ({ modules: { sasl: 'new', release_handler: digest('release_handler') } })),
    ),
    'sasl changed, though sasl stays at 4.2: another build of the platform, which takes a new VM. Build on the same base image to stay hot.',
  ],
  [
    'version-reused',
    'lib/cart-1.0.1',
    comparing({}, next, { occupied: ['lib/cart-1.0.1'] }),
    'lib/cart-1.0.1 is in the container already, with other content. Bump the version.',
  ],
  [
    'application-removed',
    'cart',
    comparing({}, { ...next, applications: next.applications.filter(({ name }) => name !== 'cart') }),
    'cart 1.0.0 is no longer part of the release. Stopping it under way would kill whoever is in its code; a restart leaves it out.',
  ],
  [
    'application-mode-changed',
    'cart',
    comparing(
      {},
      changing(next, 'cart', () => ({ mode: 'temporary' })),
    ),
    'cart was started as permanent, and the new release starts it as temporary, which decides what its end takes with it; only a restart',
  ],
  ['vm-args-changed', 'releases/VSN/vm.args', comparing({}, withFile('releases/VSN/vm.args')), 'it takes a restart.'],
  [
    'vm-args-changed',
    'releases/VSN/vm.args.src',
    comparing({}, withFile('releases/VSN/vm.args.src')),
    'it takes a restart.',
  ],
  ['boot-script-changed', 'releases/VSN/env.sh', comparing({}, withFile('releases/VSN/env.sh')), 'it takes a restart.'],
  ['boot-script-changed', 'bin/shop', comparing({}, withFile('bin/shop')), 'only when the container starts'],
  [
    'container-config-changed',
    'ENV PATH',
    comparing({}, next, { image: { settings: ['ENV PATH'], files: [], overlays: [] } }),
    'The image sets ENV PATH differently, which only a new container takes up.',
  ],
  [
    'base-image-changed',
    '/bin/a',
    comparing({}, next, { image: { settings: [], files: ['/bin/a', '/bin/b', '/bin/c', '/bin/d'], overlays: [] } }),
    '4 files outside the release differ (/bin/a, /bin/b, /bin/c and 1 more). A hot load carries the release only; the rest takes a new container.',
  ],
  [
    'overlay-changed',
    'etc/app.toml',
    comparing({}, next, { image: { settings: [], files: [], overlays: ['etc/app.toml'] } }),
    'etc/app.toml in /app: a hot load carries applications and what a version boots with, and leaves the rest of the release as it is. It takes a new container.',
  ],
  ['overlay-changed', 'lib/README', comparing({}, withFile('lib/README')), 'lib/README in /app: '],
  [
    'release-linked',
    'releases/VSN/sys.config',
    comparing({}, { ...next, files: { ...next.files, 'releases/VSN/sys.config': '-> /etc/sys.config' } }),
    'releases/VSN/sys.config is a symbolic link in the image, and a hot load does not carry what it leads to.',
  ],
  [
    'downgrade-impossible',
    '1.0.0 → 0.9.0',
    versions('1.0.0', '0.9.0', 'major'),
    '0.9.0 is older than 1.0.0, and older code does not know newer state. Deploy it as a newer version to stay hot.',
  ],
  [
    'bump-above-limit',
    '1.0.0 → 2.0.0',
    versions('1.0.0', '2.0.0', 'minor'),
    'From 1.0.0 to 2.0.0 is a major step, and hot-up-to allows minor. Raise it to load this hot.',
  ],
  [
    'bump-above-limit',
    '1.0.0 → main',
    versions('1.0.0', 'main', 'patch'),
    'hot-up-to is patch, and the step from 1.0.0 to main cannot be measured: they are not semantic versions. Raise it to major',
  ],
];

describe('what closes the hot way before any code is looked at', () => {
  it.each(rows)('%s of %s, and the message says what to do', (code, subject, comparison, says) => {
    const reasons = judgeRelease(comparison);
    expect(reasons).toEqual([{ code, subject, message: expect.stringContaining(says), blocks: ['relup'] }]);
    expect(closed(reasons)).toBe(true);
  });

  it('is in this table for every code that a rule can give', () => {
    const source = readFileSync('src/hot-load/release-rules.ts', 'utf8');
    const given = [...source.matchAll(/against\(\s*'([\w-]+)'/g)].map(([, code]) => code);
    expect(new Set(rows.map(([code]) => code))).toEqual(new Set(given));
  });

  it('is told in full where there are several', () => {
    const other = changing(withFile('bin/shop', withFile('releases/VSN/vm.args')), 'crypto', () => ({
      version: '5.2',
    }));
    expect(judgeRelease(comparing({ writable: false }, other)).map(({ code }) => code)).toEqual([
      'otp-app-changed',
      'release-not-writable',
      'vm-args-changed',
      'boot-script-changed',
    ]);
  });

  it('names all that differ, as long as they are few', () => {
    const files = ['/bin/a', '/bin/b', '/bin/c'];
    expect(judgeRelease(comparing({}, next, { image: { settings: [], files, overlays: [] } }))[0]?.message).toContain(
      '3 files outside the release differ (/bin/a, /bin/b, /bin/c).',
    );
  });

  it('is one reason for each entry of the directory where overlays differ', () => {
    const overlays = ['README', 'erts-13.1.5/bin/beam.smp', 'erts-13.1.5/bin/erlc', 'etc/a', 'etc/b'];
    const images = { image: { settings: [], files: [], overlays } };
    expect(judgeRelease(comparing({}, next, images)).map(({ code, subject }) => `${code} ${subject}`)).toEqual(
      ['README', 'erts-13.1.5', 'etc'].map((each) => `overlay-changed ${each}`),
    );
  });

  it('is one reason, not one for each of its applications, where the runtime differs', () => {
    const other = changing({ ...next, erts: '14.0' }, 'crypto', () => ({ version: '5.2' }));
    expect(judgeRelease(comparing({}, other)).map(({ code }) => code)).toEqual(['erts-changed']);
  });
});

describe('nothing closes it', () => {
  it('where nothing differs, whatever the versions are called and however small a step may be', () => {
    fc.assert(
      fc.property(anyImage, fc.constantFrom('patch' as const, 'minor' as const, 'major' as const), (release, limit) => {
        expect(judgeRelease(comparison(runs(release), release, upTo(limit)))).toEqual([]);
      }),
    );
  });

  it('where applications of one’s own change under new versions, configuration included', () => {
    const other = withFile('releases/VSN/runtime.exs', bumped(shop, '1.1.0', ['shop', 'cart']));
    const rebuilt = changing(other, 'cart', () => ({ modules: { 'Elixir.Cart': 'new', 'Elixir.Cart.New': 'new' } }));
    const joined = { ...rebuilt, applications: [...rebuilt.applications, application('mail', ['mail'])] };
    expect(judgeRelease(comparing({}, joined))).toEqual([]);
    expect(closed([])).toBe(false);
  });
});
