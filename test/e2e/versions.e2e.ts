import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, expect, it } from 'vitest';
import { published, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages, type Source } from '../support/world/images.js';
import { served } from '../support/world/octochat.js';

afterEach(() => removeContainers());
afterAll(() => removeImages());

const versions = ['1.4.57+c0ffee1', '1.4.58+decade2'] as const;

/** The Dockerfile of docs/versions.md, with Debian's Elixir, and with a dependency that no package server is asked for. */
async function documented(): Promise<string> {
  const text = await readFile('docs/versions.md', 'utf8');
  const [, dockerfile = ''] = /^```dockerfile\n(.*?)^```$/ms.exec(text) ?? [];
  const changes = [
    [
      /^FROM elixir:\S+ AS build$/m,
      'FROM debian:bookworm-slim AS build\nRUN apt-get update && apt-get install --yes --no-install-recommends elixir erlang-dev && rm -rf /var/lib/apt/lists/*',
    ],
    [/^RUN mix local\.hex .*$/m, ''],
    // As the examples have it, whose layer the engine has already.
    [/libstdc\+\+6 libncurses6 openssl ca-certificates/, 'libstdc++6 libsystemd0 libtinfo6 zlib1g'],
    [/^RUN mix deps\.get/m, 'COPY vendor vendor\nRUN mix deps.get'],
    // Tells whether the layer was made again.
    [/^RUN mix deps\.compile .*$/m, '$& && date +%s%N > /made'],
    [/^USER app$/m, 'COPY --from=build /made /made\nUSER app'],
  ] as const;
  return changes.reduce((made, [from, to]) => {
    expect(made).toMatch(from);
    return made.replace(from, to);
  }, dockerfile);
}

const dependency = {
  'vendor/greet/mix.exs':
    'defmodule Greet.MixProject do\n  use Mix.Project\n  def project, do: [app: :greet, version: "0.3.0", deps: []]\nend\n',
  'vendor/greet/lib/greet.ex': 'defmodule Greet do\n  def hello, do: :hello\nend\n',
};

const umbrella = async (version: string, motto: string): Promise<Source> => ({
  example: 'octochat',
  version: 1,
  files: {
    ...dependency,
    'mix.lock': '%{}\n',
    'config/prod.exs': 'import Config\n',
    Dockerfile: await documented(),
    'apps/octochat/lib/octochat/motto.ex': `defmodule Octochat.Motto do\n  def text, do: "${motto}"\nend\n`,
  },
  replace: {
    'apps/octochat/mix.exs': [
      ['{:kv, in_umbrella: true}', '{:kv, in_umbrella: true}, {:greet, path: "../../vendor/greet"}'],
    ],
  },
  args: [`VERSION=${version}`],
});

it('an umbrella whose version is a build argument is deployed hot, and its dependencies are compiled once', async () => {
  const [one, two] = [await image(await umbrella(versions[0], 'one')), await image(await umbrella(versions[1], 'two'))];
  const made = await Promise.all([one, two].map((each) => docker('run', '--rm', '--entrypoint', 'cat', each, '/made')));
  expect(made[0]).toBe(made[1]);
  // The documented Dockerfile exposes no port, and has no HEALTHCHECK to wait for: here it listens on 4040.
  const listens = ['--health-cmd', "grep -q ':0FC8 ' /proc/net/tcp /proc/net/tcp6", '--health-interval', '1s'];
  const web = await start(one, [...(await published(4040)), ...listens]);
  expect(await served(web)).toBe(versions[0]);

  const { report } = await deployTo(web.name, { image: two, rehearse: 'auto' });

  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: versions[0], to: versions[1] });
  expect(report.containers[0]?.proof).toMatchObject({
    converged: true,
    versions: { kv: versions[1], octochat: versions[1] },
  });
  expect(await served(web)).toBe(versions[1]);
});

it('a relx release whose version is a build argument is deployed hot', async () => {
  const source = (version: string, fare: number): Source => ({
    example: 'turnstile',
    version: 1,
    files: {
      'src/turnstile_extra.erl': `-module(turnstile_extra).\n-export([n/0]).\n-spec n() -> integer().\nn() -> ${fare}.\n`,
    },
    args: [`VERSION=${version}`],
  });
  const [one, two] = [await image(source(versions[0], 1)), await image(source(versions[1], 2))];
  const web = await start(one);
  const { report } = await deployTo(web.name, { image: two, rehearse: 'auto' });
  expect(report).toMatchObject({ outcome: 'deployed', method: 'relup', from: versions[0], to: versions[1] });
});
