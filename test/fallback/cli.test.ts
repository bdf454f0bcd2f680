import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../support/docker/cli.js';
import { Shell } from '../support/docker/shell.js';
import { type StandIn, standIn } from '../support/docker/stand-in.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';

let docker: StandIn;
let shell: Shell;
beforeAll(async () => {
  const clock = modelClock();
  const model = modelEngine(clock);
  model.image('app:1', {
    program: {
      stops: { afterMs: 0, code: 0 },
      answer: ({ argv, stdin }) => (argv[0] === 'cat' ? { stdout: String(stdin) } : undefined),
    },
    config: { Labels: { from: 'image' }, Volumes: { '/data': {} }, Healthcheck: { Test: ['CMD', 'true'] } },
  });
  docker = await standIn(model.engine, clock);
  shell = await Shell.open({ prefix: 'm', image: 'app:1' }, docker.folder);
});
afterAll(async () => {
  await shell.close();
  await docker.close();
});

describe('the stand-in for docker does what the CLI does:', () => {
  it.each(cli)('$words', async (check) => {
    expect(await shell.differs(check)).toEqual([]);
  });

  it('and refuses what the script never asks for', async () => {
    expect(await shell.ask({ words: 'volume prune' })).toMatchObject({
      code: 125,
      err: expect.stringContaining('volume'),
    });
    expect(await shell.ask({ words: 'create --privileged app:1' })).toMatchObject({ code: 125 });
    expect(await shell.ask({ words: `inspect --format '{{len .Name}}' x` })).not.toMatchObject({ code: 0 });
  });
});
