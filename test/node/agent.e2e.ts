import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sha256 } from '../../src/release/archive.js';
import { worlds } from '../support/tier.js';
import { docker } from '../support/world/images.js';

const tags: string[] = [];

afterAll(async () => {
  for (const tag of tags) await docker('rmi', '-f', '--no-prune', tag);
});

// The line that installs rebar3 is the example's own, so that the layer is shared.
const dockerfile = `ARG DEBIAN=bookworm
FROM debian:\${DEBIAN}-slim
RUN apt-get update && apt-get install --yes --no-install-recommends rebar3 && rm -rf /var/lib/apt/lists/*
WORKDIR /agent
COPY . .
RUN mkdir ebin && erlc -Werror +deterministic -o ebin src/*.erl && mkdir test-ebin && erlc -pa ebin -o test-ebin test/*.erl
`;

async function compiled(debian: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-agent-'));
  await cp('src/node/agent', join(folder, 'src/node/agent'), { recursive: true });
  await cp('test/node/agent', join(folder, 'test'), { recursive: true });
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'Dockerfile'), dockerfile.replaceAll('src/*.erl', 'src/node/agent/*.erl'));
  const tag = `hot-deploy-test:agent-${debian}-${process.pid}`;
  await docker('build', '-q', '-t', tag, '--build-arg', `DEBIAN=${debian}`, folder);
  await rm(folder, { recursive: true });
  tags.push(tag);
  return tag;
}

it.each(worlds)('the agent does what its own tests promise on the Erlang of Debian %s', async (debian) => {
  const tag = await compiled(debian);
  const modules = (await readdir('test/node/agent'))
    .filter((file) => file.endsWith('_tests.erl'))
    .map((file) => file.slice(0, -4));
  const run = `case eunit:test([${modules.join(',')}]) of ok -> halt(0); error -> halt(1) end.`;
  const said = await docker(
    'run',
    '--rm',
    '--network',
    'none',
    '--user',
    'nobody',
    tag,
    'erl',
    '-noshell',
    '-pa',
    'ebin',
    'test-ebin',
    '-eval',
    run,
  );
  expect(said).toMatch(/All \d+ tests passed/);
});

it('the committed agent is what the sources make on the oldest OTP that it has to load on', async () => {
  const tag = await compiled('bookworm');
  const listing = await docker('run', '--rm', tag, 'sh', '-c', 'cd ebin && sha256sum *.beam');
  const fresh = Object.fromEntries(listing.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  const names = await readdir('dist/agent');
  const committed = await Promise.all(
    names.map(async (name) => [name, sha256(await readFile(join('dist/agent', name)))]),
  );
  expect(Object.fromEntries(committed)).toEqual(fresh);
});
