import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { someOf } from '../support/tier.js';
import { hotDeploy, type Ran } from '../support/world/command.js';
import { type Container, removeContainers, start } from '../support/world/container.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate, type Standing, standing } from '../support/world/inside.js';
import { ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const ebin = 'lib/octochat-0.2.0/ebin';
const command = `${ebin}/Elixir.Octochat.Command.beam`;
const priv = 'lib/octochat-0.2.0/priv';

let v2: string;
let web: Container;
/** As the container stood before anybody deployed to it, but for atoms: the agent's own are made once. */
let before: Standing;
let atoms: number;

const atomCount = async () => Number(await evaluate(web, 'erlang:system_info(atom_count)'));
const plan = (reference: string) => hotDeploy(['plan', '--containers', web.name, '--image', reference, '--no-build']);
const deploy = (reference: string) =>
  hotDeploy(['deploy', '--containers', web.name, '--image', reference, '--no-build', '--soak', '0s', '--drain', '0s']);

/** The good image with one more layer, in which its release is spoiled. */
const spoiled = (...commands: readonly string[]) =>
  ownImage(v2, 'USER root', 'WORKDIR /app', `RUN ${commands.join(' && ')}`, 'USER octochat');

/** The same by Erlang, on the release's own runtime, which holds the compiler. */
const spoiledBy = (source: string) =>
  ownImage(
    v2,
    'USER root',
    'WORKDIR /app',
    `RUN ["sh", "-c", ${JSON.stringify(`erts-*/bin/erl -boot releases/0.2.0/start_clean -boot_var RELEASE_LIB lib -noshell -pa lib/*/ebin -eval '${source}, halt()'`)}]`,
    'USER octochat',
  );

beforeAll(async () => {
  const v1 = await ownImage(await image({ example: 'octochat', version: 1, debian: 'bookworm' }));
  v2 = await image({ example: 'octochat', version: 2, debian: 'bookworm' });
  web = await start(v1);
  const unasked = await atomCount();
  const planned = await plan(await ownImage(v2));
  expect(planned, planned.stderr).toMatchObject({ code: 0, report: { outcome: 'planned', method: 'relup' } });
  before = await standing(web);
  atoms = await atomCount();
  // What the agent itself is made of, and what its tests ask with.
  expect(atoms - unasked).toBeLessThan(1_500);
});

afterAll(async () => {
  await removeContainers();
  await removeOwnImages();
  await removeImages();
});

async function expectNothingChanged(): Promise<void> {
  expect(await standing(web)).toEqual(before);
  expect(await atomCount()).toBeLessThan(atoms + 20);
  expect(await throwaways()).toEqual([]);
}

/** Expects one sentence that names what is wrong and says what to do, and that nothing was done. */
async function expectRefused(ran: Ran, ...sentence: readonly (RegExp | string)[]): Promise<void> {
  expect(ran.stderr).not.toMatch(/^\s+at /m);
  expect(ran.code, `${ran.stdout}\n${ran.stderr}`).toBe(1);
  expect(ran.report).toMatchObject({ outcome: 'refused', method: 'none' });
  const message = ran.report?.message ?? '';
  for (const part of sentence) expect(message).toMatch(part);
  expect(message).toMatch(
    /(Build the image again|build the image again|or deploy with `strategy: restart`|Check `image` and `containers`)\.$/,
  );
  expect(message.length).toBeLessThan(700);
  expect(ran.stdout).toContain('nothing was touched');
  await expectNothingChanged();
}

describe('an image is refused, by the name of the file, where its release holds', () => {
  it.each<[what: string, commands: readonly string[], sentence: readonly (RegExp | string)[]]>(
    someOf(4, [
      ['a beam that was cut off', [`truncate -s 1000 ${command}`], [command, /could be read/]],
      ['a beam of random bytes', [`head -c 4000 /dev/urandom >${command}`], [command]],
      ['a beam of nothing', [`: >${command}`], [command]],
      ['a beam of a header alone', [`printf 'FOR1\\0\\0\\0\\4BEAM' >${command}`], [command]],
      [
        'a beam whose chunks are whole and whose code is nonsense',
        [
          `at=$(grep -abo Code ${command} | head -n 1 | cut -d : -f 1)`,
          `head -c 200 /dev/zero | tr '\\0' '\\377' | dd of=${command} bs=1 seek=$((at + 40)) conv=notrunc`,
        ],
        [command, /the loader of OTP 25 refuses it/],
      ],
      [
        'a beam of another module',
        [`cp ${ebin}/Elixir.Octochat.beam ${command}`],
        [command, 'it holds the module Elixir.Octochat'],
      ],
      ['a pipe in the place of a beam', [`rm ${command}`, `mkfifo ${command}`], [command, 'it is no file']],
      [
        'an .app file that is no term',
        [`echo '{application, octochat,' >${ebin}/octochat.app`],
        [`${ebin}/octochat.app`],
      ],
      [
        'an .app file of something else',
        [`echo '{colour, blue}.' >${ebin}/octochat.app`],
        [`${ebin}/octochat.app`, 'describes no application octochat'],
      ],
      [
        'an .app file of another version',
        [`sed -i 's/0\\.2\\.0/0.2.1/' ${ebin}/octochat.app`],
        [`${ebin}/octochat.app`, 'says version "0.2.1", and the release has 0.2.0'],
      ],
      ['no .app file', [`rm -r lib/kv-*`], [/lib\/kv-[\d.]+\/ebin\/kv\.app/, 'there is no such file']],
      [
        'a .rel file that is no term',
        [`echo '{release, {"octochat"' >releases/0.2.0/octochat.rel`],
        ['releases/0.2.0/octochat.rel'],
      ],
      [
        'a .rel file that lists no applications',
        [`echo '{release, {"octochat", "0.2.0"}, {erts, "13"}, [{1, 2}]}.' >releases/0.2.0/octochat.rel`],
        ['{1,2}, which is no application'],
      ],
      ['no .rel file', ['rm releases/0.2.0/octochat.rel'], ['no .rel file of version 0.2.0 in /app/releases/0.2.0']],
      [
        'a boot script that is no term',
        ['head -c 4000 /dev/urandom >releases/0.2.0/start.boot'],
        ['releases/0.2.0/start.boot is no boot script'],
      ],
      [
        'a boot script of another version',
        [`sed -i 's/0\\.2\\.0/0.2.1/' releases/0.2.0/start.boot`],
        ['releases/0.2.0/start.boot is no boot script of version 0.2.0'],
      ],
      [
        'a release with an odd name',
        [
          `sed -i "s/\\"octochat\\"/\\"it's \\$(touch x) octo chat\\"/" releases/0.2.0/octochat.rel`,
          `sed -n 1,3p releases/0.2.0/octochat.rel`,
          `cp releases/0.2.0/start.boot "releases/0.2.0/it's \\$(touch x) octo chat.boot"`,
        ],
        ['has the name "it\'s $(touch x) octo chat"'],
      ],
    ]),
  )('%s', async (_, commands, sentence) => {
    await expectRefused(await deploy(await spoiled(...commands)), ...sentence);
  });

  it.each(
    someOf(4, [
      ['nothing', '', 'names no runtime and release'],
      ['nonsense', '\\377\\376 \\001', 'names no runtime and release'],
      ['a runtime that leads elsewhere', '../../tmp 0.2.0', 'names no runtime and release'],
      ['an absurdly long version', `13.1.5 ${'9'.repeat(5_000)}`, 'has the version "9999'],
      ['a version with a space', '13.1.5 0.2 .0', 'names no runtime and release'],
      ['a version with quotes', `13.1.5 0'2"0`, 'has the version'],
      ['a version that a shell would run', '13.1.5 $(touch$IFS/tmp/x)', 'has the version "$(touch$IFS/tmp/x)"'],
      ['a version that leads elsewhere', '13.1.5 ../../etc', 'has the version "../../etc"'],
    ]),
  )('a start_erl.data with %s', async (_, content, sentence) => {
    const layer = `RUN ["sh", "-c", "printf \\"$0\\" >/app/releases/start_erl.data", ${JSON.stringify(content)}]`;
    const bad = await ownImage(v2, 'USER root', layer, 'USER octochat');
    const ran = await deploy(bad);
    expect(ran.report?.message).toContain('releases/start_erl.data');
    expect(ran.report?.message).toContain(sentence);
    await expectRefused(ran);
  });

  it.each(
    someOf(3, [
      ['a pipe among its files', `mkdir -p ${priv}; mkfifo ${priv}/pipe`, /octochat-0\.2\.0\/priv\/pipe", a fifo/],
      [
        'a name that is no UTF-8',
        `mkdir -p ${priv}; touch "${priv}/$(printf '\\377')"`,
        /lib\/octochat-0\.2\.0 holds the file .*no UTF-8/,
      ],
      [
        'a name of two lines',
        `mkdir -p ${priv}; touch "${priv}/$(printf 'a\\nb')"`,
        /priv\/a\\nb", a name that .* line break/,
      ],
    ]),
  )('%s, which a hot load could not carry unchanged', async (_, shell, sentence) => {
    await expectRefused(await deploy(await spoiled(shell)), sentence);
  });
});

describe('code with a hundred thousand atoms', () => {
  it('is planned, and none of them reaches the node', async () => {
    const module = 'Elixir.Octochat.Hostile';
    const reference = await spoiledBy(
      `Atoms = [list_to_atom("hostile_" ++ integer_to_list(N)) || N <- lists:seq(1, 100000)], ` +
        `{ok, Module, Text} = compile:forms([{attribute, 1, module, list_to_atom("${module}")}, {attribute, 1, export, [{all, 0}]}, ` +
        `{function, 1, all, 0, [{clause, 1, [], [], [erl_parse:abstract(Atoms)]}]}], [no_auto_import]), ` +
        `ok = file:write_file("${ebin}/${module}.beam", Text)`,
    );
    const ran = await plan(reference);
    expect(ran, ran.stderr).toMatchObject({ code: 0, report: { outcome: 'planned' } });
    await expectNothingChanged();
  });
});

describe('what is odd and whole', () => {
  it.each(
    someOf(4, [
      [
        'an application',
        'mv lib/octochat-0.2.0 /opt/octochat && ln -s /opt/octochat lib/octochat-0.2.0',
        'lib/octochat-0.2.0',
      ],
      ['its code', `mv ${ebin} /opt/ebin && ln -s /opt/ebin ${ebin}`, ebin],
      ['the version', 'mv releases/0.2.0 /opt/version && ln -s /opt/version releases/0.2.0', 'releases/VSN'],
      [
        'its settings',
        'mv releases/0.2.0/sys.config /opt && ln -s /opt/sys.config releases/0.2.0',
        'releases/VSN/sys.config',
      ],
    ]),
  )('is restarted where %s is a link that leads out of the release', async (_, shell, subject) => {
    const ran = await plan(await spoiled(shell));
    expect(ran, ran.stderr).toMatchObject({ code: 0, report: { outcome: 'planned', method: 'recreate' } });
    expect(ran.report?.reasons).toContainEqual(expect.objectContaining({ code: 'release-linked', subject }));
    await expectNothingChanged();
  });

  it('is loaded hot, and lies in the container as in the image: links, hard links, long and odd names', async () => {
    const long = 'n'.repeat(255);
    const reference = await ownImage(
      v2,
      'USER root',
      'WORKDIR /build',
      'RUN cp -a /app/. .',
      `RUN mkdir -p ${priv} && cd ${priv} && echo one >one && ln one hard && ln -s one link && ln -s /etc/ssl outside && ln -s ../ebin inside && ln -s nowhere dangling && echo long >${long} && echo odd >"it's \\"\\$(touch x)\\" a  name" && echo word >Grüße`,
    );
    const odd = await ownImage(
      v2,
      `COPY --from=${reference} --chown=octochat:octochat /build/lib/octochat-0.2.0 /app/lib/octochat-0.2.0`,
    );
    const ran = await deploy(odd);
    expect(ran, `${ran.stdout}${ran.stderr}`).toMatchObject({
      code: 0,
      report: { outcome: 'deployed', method: 'relup', reasons: [] },
    });
    const list = `cd /app/${priv} && find . -type f -exec sha256sum {} + | sort && find . -type l -exec readlink {} + | sort`;
    const there = await web.exec('sh', '-c', list);
    expect(there).toContain(long);
    expect(there).toBe(await docker('run', '--rm', '--entrypoint', 'sh', odd, '-c', list));
    expect(await throwaways()).toEqual([]);
  });
});
