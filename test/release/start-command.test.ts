// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells read them.
import { describe, expect, test } from 'vitest';
import { readStart, type Script, startCommandOf, statementsOf } from '../../src/release/start-command.js';
import { container, image } from '../engines/created.js';

const release = { name: 'shop', version: '1.0.0', root: '/app', files: {} };
const own = '#!/bin/sh\ncase $1 in start) exec erl ;; eval) exec elixir --eval "$2" ;; esac\n';

/** An image that holds these scripts, and a command for it. */
async function starting(
  command: { readonly entrypoint?: readonly string[]; readonly cmd?: readonly string[] },
  scripts: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
) {
  const all: Readonly<Record<string, string>> = { '/app/bin/shop': own, ...scripts };
  const read = async (names: readonly string[], directories: readonly string[]): Promise<readonly Script[]> =>
    names.flatMap((name) => {
      const places = name.startsWith('/')
        ? [name]
        : [...directories, '/usr/local/bin'].map((at) => `${at}/${name.replace(/^\.\//, '')}`);
      const path = places.find((place) => place in all);
      return path === undefined ? [] : [{ path, text: all[path] ?? '' }];
    });
  return await readStart({ entrypoint: [], cmd: [], workingDir: '/app', ...command }, { ...release, files }, read);
}

const entry = (text: string) => ({ '/usr/local/bin/docker-entrypoint.sh': `#!/bin/sh\nset -eu\n${text}` });
const tini = ['tini', '--', 'docker-entrypoint.sh'];
const server = {
  '/app/bin/server': '#!/bin/sh\nset -eu\ncd -P -- "$(dirname -- "$0")"\nPHX_SERVER=true exec ./shop start\n',
};
const migrate = {
  '/app/bin/migrate': '#!/bin/sh\nset -eu\ncd -P -- "$(dirname -- "$0")"\nexec ./shop eval Shop.Release.migrate\n',
};

describe('a start that does nothing but start the release', () => {
  test.each<[string, Parameters<typeof starting>[0], Readonly<Record<string, string>>]>([
    ["mix's own script", { cmd: ['bin/shop', 'start'] }, {}],
    ["relx's own script", { cmd: ['/app/bin/shop-1.0.0', 'foreground'] }, { '/app/bin/shop-1.0.0': own }],
    ['stock Phoenix, whose image holds bin/migrate', { cmd: ['/app/bin/server'] }, { ...server, ...migrate }],
    [
      'an entrypoint that sets and tests',
      { entrypoint: tini, cmd: ['/app/bin/shop', 'start'] },
      entry(
        '# bin/migrate runs elsewhere\n: "${COOKIE:=$(head -c 24 /dev/urandom | base64)}"\nexport RUN_MIGRATIONS=no\n[ "$RUN_MIGRATIONS" = no ] || echo "no migrations"\neval "$(ssh-agent)"\nexec "$@"\n',
      ),
    ],
    ['a program of no shell', { entrypoint: ['/usr/bin/entry'], cmd: ['bin/shop', 'start'] }, {}],
  ])('%s', async (_, command, scripts) => {
    expect((await starting(command, scripts)).tasks).toEqual([]);
  });
});

describe('a start that runs more is known by it', () => {
  const path = '/usr/local/bin/docker-entrypoint.sh';
  test.each<[string, Parameters<typeof starting>[0], Readonly<Record<string, string>>, string, string]>([
    [
      'eval in the entrypoint',
      { entrypoint: tini },
      entry('/app/bin/shop eval "Shop.Steps.up()"\nexec /app/bin/shop start\n'),
      path,
      '/app/bin/shop eval Shop.Steps.up',
    ],
    [
      'rpc in the background',
      { entrypoint: tini },
      entry('"$RELEASE_ROOT"/bin/shop start & sleep 5; bin/shop rpc "Shop.warm()"'),
      path,
      'bin/shop rpc Shop.warm',
    ],
    [
      'behind a condition',
      { entrypoint: tini },
      entry('if [ "$MIGRATE" = 1 ]; then\n  timeout 60 "${APP}/bin/shop" eval Shop.up\nfi\nexec "$@"'),
      path,
      'timeout 60 $_/bin/shop eval Shop.up',
    ],
    [
      'a shell as the command',
      { cmd: ['/bin/sh', '-c', 'bin/migrate && exec bin/server'] },
      { ...server, ...migrate },
      'the start command',
      'bin/migrate',
    ],
    ['a task of another tool', { entrypoint: tini }, entry('mix ecto.migrate'), path, 'mix ecto.migrate'],
    [
      'Phoenix with both',
      { cmd: ['/app/bin/boot'] },
      {
        ...migrate,
        ...server,
        '/app/bin/boot': '#!/bin/bash\n"$(dirname "$0")"/migrate\nexec "$(dirname "$0")"/server\n',
      },
      '/app/bin/boot',
      '$_/migrate',
    ],
    [
      'a script of a script',
      { entrypoint: tini },
      { ...entry('. ./env.sh\nexec "$@"'), '/app/env.sh': '#!/bin/sh\nbin/shop eval Shop.up' },
      '/app/env.sh',
      'bin/shop eval Shop.up',
    ],
  ])('%s', async (_, command, scripts, where, statement) => {
    expect((await starting(command, scripts)).tasks).toContainEqual({ where, statement });
  });
});

describe('an entrypoint', () => {
  test('that runs what it is given is told from one that runs what it likes', async () => {
    expect(await starting({ entrypoint: tini }, entry('exec /app/bin/shop start'))).toMatchObject({
      ignoresCommand: '/usr/local/bin/docker-entrypoint.sh',
    });
    expect(await starting({ entrypoint: ['/bin/sh', '-c', 'exec bin/shop start'] }, {})).toHaveProperty(
      'ignoresCommand',
    );
    for (const [entrypoint, scripts] of [
      [tini, entry('bin/shop eval Shop.up\nexec "$@"')],
      [tini, entry('exec /app/bin/shop "${@:-start}"')],
      [['/app/bin/shop'], {}],
      [['tini', '--'], {}],
      [['/bin/sh', '-c', 'exec "$0" "$@"'], {}],
      [[], {}],
    ] as const) {
      expect(await starting({ entrypoint }, scripts)).not.toHaveProperty('ignoresCommand');
    }
  });

  test('is the one that the user gave, with the command that the engine left to it', () => {
    const old = image({ Entrypoint: ['/entry'], Cmd: ['start'], WorkingDir: '/app' });
    const next = image({ Entrypoint: ['/new'], Cmd: ['serve'], WorkingDir: '/srv' }, 'new');
    expect(startCommandOf(container({}, old), old, next)).toEqual({
      entrypoint: ['/new'],
      cmd: ['serve'],
      workingDir: '/srv',
    });
    expect(startCommandOf(container({ config: { Entrypoint: ['/mine'] } }, old), old, next)).toEqual({
      ...{ entrypoint: ['/mine'], cmd: [], workingDir: '/srv' },
    });
    expect(startCommandOf(container({ config: { Cmd: ['mine'] } }, old), old, next)).toMatchObject({
      entrypoint: ['/new'],
      cmd: ['mine'],
    });
  });
});

test('statements are the commands of a script, without what only tests, tells or sets', () => {
  expect(statementsOf('a b \\\n c # d\n# e\nX=1 exec f "g h"; [ -e i ] && j || k\nfor l in m; do n; done')).toEqual([
    ...[['a', 'b', 'c'], ['f', 'g', 'h'], ['j'], ['k'], ['n']],
  ]);
});

test("a hook that distillery's start script reads is part of the start", async () => {
  const hook = (name: string) => `hooks/${name}.d/migrate.sh`;
  const scripts = Object.fromEntries(
    ['pre_start', 'pre_upgrade'].map((name) => [
      `/app/releases/1.0.0/${hook(name)}`,
      '#!/usr/bin/env bash\nrelease_ctl eval --mfa "Shop.Release.migrate/1" --argv\n',
    ]),
  );
  const files = { [`releases/VSN/${hook('pre_start')}`]: '1', [`releases/VSN/${hook('pre_upgrade')}`]: '1' };
  expect((await starting({ cmd: ['bin/shop', 'foreground'] }, scripts, files)).tasks).toEqual([
    {
      where: '/app/releases/1.0.0/hooks/pre_start.d/migrate.sh',
      statement: 'release_ctl eval --mfa Shop.Release.migrate/1 --argv',
    },
  ]);
});
