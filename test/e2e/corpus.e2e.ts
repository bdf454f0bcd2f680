import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { itNightly } from '../support/nightly.js';
import { type Container, eventually, healthy, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { buildFolder, docker, removeImages } from '../support/world/images.js';
import { evaluate } from '../support/world/inside.js';

const corpus = 'test/support/corpus';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

/** A small application of ours around OTP's applications and libraries of others, as Debian has them. */
async function build(version: 1 | 2): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-corpus-'));
  try {
    await cp(corpus, folder, { recursive: true, filter: (path) => !path.includes('/versions') });
    if (version === 2) {
      await cp(join(corpus, 'versions/2'), folder, { recursive: true });
    }
    for (const file of ['rebar.config', 'src/corpus.app.src']) {
      const text = await readFile(join(folder, file), 'utf8');
      await writeFile(join(folder, file), text.replaceAll('0.1.0', `0.${version}.0`));
    }
    return await buildFolder(folder, []);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("a release of OTP's applications and of libraries in the wild", () => {
  let one: string;
  let two: string;
  let web: Container;
  let pid: number;

  const ask = async (expression: string) => await evaluate(web, expression);
  const status = async (image: string) =>
    (await deployTo(web.name, { mode: 'status', image })).report.containers[0]?.drift;

  beforeAll(async () => {
    one = await build(1);
    two = await build(2);
    web = await start(one);
    pid = (await web.inspect()).State.Pid;
    expect(await ask('[corpus_store:add(Id, 100 * Id) || Id <- [1, 2, 3]], corpus:order(2)')).toBe(
      '<<"{\\"tax\\":19,\\"price\\":200,\\"id\\":2}">>',
    );
    expect(await ask('{corpus:signed(<<"x">>), corpus:said(<<"<b>hi</b>">>), corpus:asked(<<"a=1">>)}')).toBe(
      '{true,<<"b">>,[{<<"a">>,<<"1">>}]}',
    );
    // runtime_tools has a child that ends by itself after ten seconds.
    await eventually('an old node', async () =>
      (await ask('proplists:is_defined(ttb_autostart, supervisor:which_children(runtime_tools_sup))')) === 'false'
        ? true
        : undefined,
    );
  });

  it('runs what its image says where nobody has touched it, since two boots of one image are equal', async () => {
    expect(await status(one)).toMatchObject({ state: 'equal', differences: [], notCompared: [] });
  });

  it('takes up everyday changes hot, as a cold boot would have them, with state, tables and processes', async () => {
    const { report, log } = await deployTo(web.name, { image: two, rehearse: 'always' });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', reasons: [] });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await ask('corpus_store:add(4, 400), {corpus_store:count(), corpus_store:last()}')).toBe('{4,4}');
    expect(await ask('{corpus:order(2), corpus:said(<<"<b>hi</b>">>), corpus:greeting(), corpus_clock:asked()}')).toBe(
      '{<<"{\\"tax\\":7,\\"price\\":200,\\"id\\":2}">>,<<"B">>,<<"hello">>,1}',
    );
    expect((await web.inspect()).State.Pid).toBe(pid);
    expect(await status(two)).toMatchObject({ state: 'equal', differences: [] });
  });

  itNightly('goes back hot, and a restart of the container boots what runs then', async () => {
    const { report, log } = await deployTo(web.name, { mode: 'rollback', rehearse: 'always' });

    expect(report, log).toMatchObject({ outcome: 'deployed', method: 'relup', to: '0.1.0' });
    expect(report.containers[0]?.proof).toMatchObject({ converged: true, vm: { sameProcess: true } });
    expect(await ask('{corpus_store:count(), corpus:said(<<"<b>hi</b>">>), whereis(corpus_clock)}')).toBe(
      '{4,<<"b">>,undefined}',
    );
    expect(await ask('{folsom_metrics:get_metric_value(orders), is_pid(whereis(yaws_server))}')).toBe('{4,true}');
    expect((await web.inspect()).State.Pid).toBe(pid);

    await docker('restart', '-t', '5', web.name);
    await healthy(web);
    expect(await ask('{application:get_key(corpus, vsn), corpus_store:count()}')).toBe('{{ok,"0.1.0"},0}');
  });
});
