import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DowngradePath, findDowngradePath } from '../../src/hot-load/downgrade.js';
import { follow, rollBack, type UpgradePath } from '../../src/hot-load/path.js';
import { newSalt } from '../../src/release/baseline.js';
import { coldBoot } from '../../src/release/cold-boot.js';
import { readImage } from '../../src/release/image.js';
import { Toolbox } from '../../src/release/toolbox.js';
import { onlyNightly } from '../support/tier.js';
import { type Container, connect, type Lines, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { whatRuns, workplace } from '../support/world/going-back.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate, standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';

afterAll(async () => {
  await removeContainers();
  await removeImages();
});

const one = { example: 'octochat', version: 1, debian: 'bookworm' } as const;
const two = { ...one, version: 2 };
const third = octochat({
  version: '0.2.1',
  basis: 2,
  replace: {
    'apps/octochat/lib/octochat/connection.ex': [
      [
        'def code_change({:down, _vsn}, %{socket: socket, seen: seen}, _extra), do: {:ok, {socket, seen}}',
        'def code_change(_vsn, %{seen: _} = state, _extra), do: {:ok, state}',
      ],
    ],
  },
});

let web: Container;
let client: Lines;

async function look(container = web, version = '0.1.0') {
  const place = await workplace(container);
  const seen = await whatRuns(place, container.name);
  const { suspendTimeoutMs } = place.inputs;
  const way = await findDowngradePath(place.engine, seen.container.Id, seen.running, version, suspendTimeoutMs);
  return { ...seen, place, way };
}

async function journey(): Promise<UpgradePath> {
  const { container, running, way } = await look();
  return { name: web.name, container, running, direction: 'down', steps: way.kind === 'open' ? way.steps : [] };
}

const codes = (way: DowngradePath) => (way.kind === 'open' ? 'open' : way.reasons.map(({ code }) => code));
const file = (path: string) => `/app/${path}`;
/** Does something to a file for the time of some work. */
async function without<T>(path: string, change: string, work: () => Promise<T>): Promise<T> {
  await docker('exec', '-u', '0', web.name, 'cp', '-a', file(path), '/tmp/kept');
  await docker('exec', '-u', '0', web.name, 'sh', '-c', change, 'sh', file(path));
  try {
    return await work();
  } finally {
    await docker('exec', '-u', '0', web.name, 'sh', '-c', 'rm -rf "$1"; mv /tmp/kept "$1"', 'sh', file(path));
  }
}

beforeAll(async () => {
  web = await start(await image(one), ['-e', 'OCTOCHAT_GREETING=ahoi']);
  for (const next of [two, third]) {
    expect((await deployTo(web.name, { image: await image(next) })).report).toMatchObject({ method: 'relup' });
  }
  client = await connect(await web.port(4040));
  await client.ask('PUT arms 8');
});

describe('there is no way back hot', () => {
  it('in a container that booted what it runs, and it says so', async () => {
    const cold = await start(await image(two), ['-e', 'OCTOCHAT_GREETING=ahoi']);
    const { way } = await look(cold);
    expect(codes(way)).toEqual(['not-upgraded-here']);
    expect(way).toMatchObject({ reasons: [{ message: expect.stringMatching(/otherwise than by a hot deploy/) }] });
  });

  it('to a version that never ran there', async () => {
    expect(codes((await look(web, '0.0.9')).way)).toEqual(['not-upgraded-here']);
  });

  it.each([
    ['code is gone', 'lib/kv-0.1.0', 'rm -r "$1"', 'release-gone', /lib\/kv-0\.1\.0\/ebin\/kv\.app|Elixir\.KV/],
    [
      'one file of it is another',
      'lib/octochat-0.1.0/ebin/Elixir.Octochat.Render.beam',
      'echo x >>"$1"',
      'release-gone',
      /Elixir\.Octochat\.Render\.beam/,
    ],
    ...onlyNightly<[string, string, string, string, RegExp]>(
      ['the relup is another', 'releases/0.2.0/relup', 'echo "%" >>"$1"', 'release-gone', /relup/],
      [
        'the record of it is torn',
        'releases/0.2.1/hot-deploy.json',
        'truncate -s 700 "$1"',
        'no-way-down',
        /hot-deploy\.json/,
      ],
      [
        'the record of it is somebody’s own',
        'releases/0.2.1/hot-deploy.json',
        'sed -i s/0.2.0/0.1.0/g "$1"',
        'no-way-down',
        /is not what/,
      ],
      [
        'the record of it leads elsewhere',
        'releases/0.2.1/hot-deploy.json',
        'rm "$1"; ln -s /etc/passwd "$1"',
        'no-way-down',
        /no plain file/,
      ],
    ),
  ])('where %s', async (_, path, change, code, said) => {
    const { way } = await without(path, change, () => look());
    expect(codes(way)).toEqual([code]);
    expect(way).toMatchObject({ reasons: [{ message: expect.stringMatching(said) }] });
  });

  it('while somebody runs code that no release has', async () => {
    await evaluate(
      web,
      `begin {ok, M, B} = compile:forms([{attribute,1,module,'Elixir.Octochat.Render'}], []), code:purge(M), {module, M} = code:load_binary(M, "by hand", B) end`,
    );
    expect(codes((await look()).way)).toEqual(['baseline-mismatch']);
    await evaluate(
      web,
      `begin M = 'Elixir.Octochat.Render', code:purge(M), {module, M} = code:load_abs(filename:rootname(code:where_is_file("Elixir.Octochat.Render.beam"))), code:purge(M) end`,
    );
    expect(codes((await look()).way)).toBe('open');
  });
});

describe('what goes wrong under way', () => {
  it('touches nothing where the step cannot be written down', async () => {
    const before = await standing(web);
    const { work } = await workplace(web, {}, async () => {
      throw new Error('the disk is full');
    });
    expect(await follow(work, await journey())).toMatchObject({
      outcome: 'refused',
      message: expect.stringMatching(/the disk is full/),
    });
    expect(await standing(web)).toEqual(before);
  });

  it('at the second step brings it up again hot, with everything it had', async () => {
    const chosen = await journey();
    const before = await standing(web);
    const { work, steps } = await workplace(web);
    const broken = 'lib/octochat-0.1.0/ebin/Elixir.Octochat.Render.beam';

    const ended = await without(broken, 'echo x >>"$1"', () => follow(work, chosen));

    expect(ended).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(
        /0\.2\.0 did not go to 0\.1\.0.*brought back by a hot upgrade and runs 0\.2\.1 again/,
      ),
    });
    expect(steps).toEqual(['switch', 'bring-back', 'undone']);
    expect(await client.ask('GET arms')).toBe('8');
    expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.1 /);
    expect(await standing(web)).toEqual(before);
  });

  it('where it is seen that the target differs from a cold boot of its image: the whole way up again', async () => {
    const seen = await look();
    const { engine, work } = seen.place;
    const details = await engine.findImage(await image(one));
    if (details === undefined || seen.way.kind !== 'open') throw new Error('no way');
    const workshop = await Toolbox.open(engine, details, 'one');
    const release = await readImage(engine, workshop).finally(() => workshop.close());
    const at = { container: seen.container, oldImage: details, image: details, nodeName: seen.running.nodeName };
    const boot = await coldBoot(engine, { ...at, named: false, environment: [] }, newSalt(), work.clock);
    if (boot.kind === 'failed') throw new Error(boot.why);
    const measure = { tree: seen.tree, of: { release, booted: boot.facts } };
    const chosen = {
      name: web.name,
      container: seen.container,
      running: seen.running,
      direction: 'down',
      steps: seen.way.steps,
    } as const;

    const other = { ...release, protocols: { ...release.protocols, 'Elixir.Octochat.Command': '0'.repeat(32) } };
    expect(
      await follow(work, { ...chosen, measure: { ...measure, of: { ...measure.of, release: other } } }),
    ).toMatchObject({
      outcome: 'rolled-back',
      message: expect.stringMatching(/did not equal a cold boot: .*Elixir\.Octochat\.Command.*runs 0\.2\.1 again/),
      proof: { converged: false },
    });

    const ended = await follow(work, { ...chosen, measure });
    expect([ended.message, ended.proof?.converged]).toEqual([undefined, true]);
    expect(await client.ask('GET arms')).toBe('8');
    expect(await rollBack(work, chosen, 'another container failed')).toMatchObject({
      outcome: 'rolled-back',
    });
    expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.1 /);
  });
});
