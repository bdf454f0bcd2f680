import { afterAll, beforeAll, describe, it } from 'vitest';
import { connectEngine } from '../../src/engines/connect.js';
import { systemClock } from '../../src/system/log.js';
import { removeContainers, start } from '../support/world/container.js';
import { deployTo } from '../support/world/deploying.js';
import { image, removeImages } from '../support/world/images.js';
import { conformance, type Ground, wayOf } from './agent-conformance.js';

let ground: Ground;
beforeAll(async () => {
  const [old, next] = [1, 2].map((version) => image({ example: 'octochat', version, debian: 'bookworm' }));
  const { name } = await start((await old) ?? '', ['-e', 'OCTOCHAT_GREETING=ahoi']);
  const given = {
    image: (await next) ?? '',
    build: 'false',
    rehearse: 'never',
    soak: '300ms',
    drain: '2s',
    strategy: 'relup',
  };
  const { report, log } = await deployTo(name, given);
  if (report.outcome !== 'deployed') throw new Error(log);
  ground = {
    ...{ engine: await connectEngine(process.env), clock: systemClock, container: name },
    ...{ old: '0.1.0', next: '0.2.0' },
  };
});
afterAll(async () => {
  await removeContainers();
  await removeImages();
});

describe('a node does what its model does:', () => {
  it.each(Object.entries(conformance))('%s', async (_, check) => await check(ground, await wayOf(ground)));
});
