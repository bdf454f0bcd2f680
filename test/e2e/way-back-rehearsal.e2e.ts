import { afterAll, afterEach, expect, it } from 'vitest';
import { combined, findDowngradePath } from '../../src/hot-load/downgrade.js';
import { takeCopies } from '../../src/hot-load/rehearsal/copies.js';
import { rehearse } from '../../src/hot-load/rehearsal/rehearse.js';
import { newSalt } from '../../src/release/baseline.js';
import { coldBoot } from '../../src/release/cold-boot.js';
import { readImage } from '../../src/release/image.js';
import { Toolbox } from '../../src/release/toolbox.js';
import { type Container, connect, removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { whatRuns, workplace } from '../support/world/going-back.js';
import { image, removeImages } from '../support/world/images.js';
import { standing } from '../support/world/inside.js';
import { octochat } from '../support/world/octochat.js';
import { ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

afterEach(() => removeContainers());
afterAll(async () => {
  await removeOwnImages();
  await removeImages();
});

const one = { example: 'octochat', version: 1, debian: 'bookworm' } as const;
const two = { ...one, version: 2 };
const third = octochat({
  version: '0.2.1',
  basis: 2,
  replace: { 'apps/octochat/lib/octochat/command.ex': [['"ERROR unknown"', '"ERROR what"']] },
});

/** Boots the older image and rehearses the way down to it. */
async function rehearsed(web: Container, older: string, version: string) {
  const place = await workplace(web);
  const { engine, work, inputs } = place;
  const { container, running } = await whatRuns(place, web.name);
  const way = await findDowngradePath(engine, container.Id, running, version, inputs.suspendTimeoutMs);
  const [details, oldImage] = await Promise.all([engine.findImage(older), engine.findImage(container.Image)]);
  if (way.kind === 'closed' || details === undefined || oldImage === undefined) throw new Error(JSON.stringify(way));
  const workshop = await Toolbox.open(engine, details, older);
  const release = await readImage(engine, workshop).finally(() => workshop.close());
  const apart = { container, oldImage, nodeName: running.nodeName, named: false, environment: [] };
  const boot = await coldBoot(engine, { ...apart, image: details }, newSalt(), work.clock);
  const { copies } = await takeCopies(running.node, combined(way.steps).updates);
  return await rehearse({
    ...{ engine, clock: work.clock, log: work.log, isolated: apart },
    path: { running, direction: 'down', steps: way.steps },
    ...{ target: { release, boot }, suspendTimeoutMs: inputs.suspendTimeoutMs, copies, uncopied: [] },
  });
}

it('goes down over two releases where nobody is served, ends as a cold boot of the first, and touches nothing', async () => {
  const first = await ownImage(await image(one));
  const web = await start(first, ['-e', 'OCTOCHAT_GREETING=ahoi']);
  const client = await connect(await web.port(4040));
  await client.ask('PUT arms 8');
  for (const next of [two, third]) {
    expect((await deployTo(web.name, { image: await image(next) })).report).toMatchObject({ method: 'relup' });
  }
  const before = await standing(web);

  const rehearsal = await rehearsed(web, first, '0.1.0');

  expect(rehearsal.kind === 'passed' ? [rehearsal.kind, rehearsal.noWayDown] : rehearsal).toEqual([
    'passed',
    undefined,
  ]);
  expect(await standing(web)).toEqual(before);
  expect(await throwaways()).toEqual([]);
  expect(await client.ask('PING')).toMatch(/^PONG 0\.2\.1 /);
});

it('fails where a process that serves would not come back into its older shape', async () => {
  const first = await image(one);
  const clumsy = octochat({
    version: '0.2.0',
    basis: 2,
    bumped: ['octochat', 'kv'],
    replace: {
      // Fine with what a boot makes, and lost with what somebody has put there.
      'apps/kv/lib/kv.ex': [
        [
          'def code_change({:down, 1}, %{data: data}, _extra), do: {:ok, data}',
          'def code_change({:down, 1}, %{data: data}, _extra) when data == %{}, do: {:ok, data}',
        ],
      ],
    },
  });
  const web = await start(first, ['-e', 'OCTOCHAT_GREETING=ahoi']);
  const client = await connect(await web.port(4040));
  await client.ask('PUT arms 8');
  expect((await deployTo(web.name, { image: await image(clumsy) })).report).toMatchObject({ method: 'relup' });

  const rehearsal = await rehearsed(web, first, '0.1.0');

  expect(rehearsal).toMatchObject({
    kind: 'failed',
    reasons: [
      { code: 'state-shape-changed', subject: 'KV', message: expect.stringMatching(/code_change failed on a copy/) },
    ],
  });
  expect(await client.ask('GET arms')).toBe('8');
});
