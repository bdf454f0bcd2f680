import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { channelsOf } from '../../../src/commands/channels.js';
import { moveTags } from '../../../src/commands/roll-out.js';
import type { Report } from '../../../src/deployment/report.js';
import type { TargetPlan } from '../../../src/strategies/strategy.js';
import { type ComposeProject, composeProject } from '../../support/world/compose.js';
import { attempt, bench, openBench, v1, v2 } from './attempt.js';

openBench();

let folder: string | undefined;
let shop: ComposeProject | undefined;
afterAll(async () => {
  await shop?.down();
  if (bench && folder) await bench.docker('rmi', '--force', '--no-prune', `${bench.prefix}-shop:live`);
  if (folder) await rm(folder, { recursive: true });
});

const deployed = { outcome: 'deployed', warnings: [] } as unknown as Report;

it('`docker compose up` leaves a service as it is that was restarted on another image, each time', async () => {
  const live = `${bench.prefix}-shop:live`;
  const name = `${bench.prefix}-web`;
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-compose-'));
  await bench.docker('tag', v1.Id, live);
  const service = { image: live, container_name: name, labels: { 'hot-deploy.test': bench.prefix } };
  await writeFile(join(folder, 'compose.yml'), JSON.stringify({ services: { web: service } }));
  shop = await composeProject(folder, { project: `${bench.prefix}-shop`, name, live, labels: service.labels });
  await shop.up();
  // The second time the container itself names no channel any more.
  for (const next of [v2, v1, v2]) {
    const old = await bench.engine.inspectContainer(name);
    const plan = { name, container: old, method: 'recreate' } as unknown as TargetPlan;
    const image = { reference: next.RepoTags[0] ?? '', id: next.Id };
    const channels = await channelsOf(bench.engine, image, [plan], []);
    expect(channels).toMatchObject({ follow: new Map([[live, old.Image]]), moved: [] });
    expect((await attempt(old, next)).result.kind).toBe('recreated');
    await moveTags(bench.engine, image, channels, deployed);
    const { Id: id, Image: runs } = await bench.engine.inspectContainer(name);
    expect(runs).toBe(next.Id);
    await shop.up();
    expect((await bench.engine.inspectContainer(name)).Id).toBe(id);
  }
  // What its label does not name it makes anew, as after a hot load: once, on the image that the tag names.
  await bench.docker('tag', v1.Id, live);
  await shop.up();
  const { Id: again, Image: runs } = await bench.engine.inspectContainer(name);
  expect(runs).toBe(v1.Id);
  await shop.up();
  expect((await bench.engine.inspectContainer(name)).Id).toBe(again);
});
