import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idle, openWorkbench, type Workbench } from '../engines/workbench.js';
import { cli } from '../support/docker/cli.js';
import { Shell } from '../support/docker/shell.js';

let bench: Workbench;
let shell: Shell;
beforeAll(async () => {
  bench = await openWorkbench();
  await bench.image('cli', idle, 'LABEL from=image', 'VOLUME /data', 'HEALTHCHECK CMD ["true"]');
  shell = await Shell.open({ prefix: bench.prefix, image: `${bench.prefix}-cli` });
});
afterAll(async () => {
  await shell?.close();
  await bench?.clear();
});

describe('the CLI does what its stand-in does:', () => {
  it.each(cli)('$words', async (check) => {
    expect(await shell.differs(check)).toEqual([]);
  });
});
