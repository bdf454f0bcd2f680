import { describe, expect, it } from 'vitest';
import { allIsRight, type Play } from '../support/model/stage.js';
import { played } from './played.js';

const kinds: readonly Play['kind'][] = ['plain', '--rm', '--restart always'];

describe.each(kinds)('the script, of a container that is %s,', (kind) => {
  it('deploys it and keeps the one before', async () => {
    const { stage, run, close } = await played({ names: ['web'], kind });
    const ran = await run(['deploy']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await allIsRight(stage, '2')).toEqual([]);
    const status = await run(['status']);
    expect(status.stdout).toContain('lock: free');
    expect(status.stdout.includes('kept web.hot-deploy-previous-')).toBe(kind !== '--rm');
    await close();
  });

  it('goes back where the new version ends', async () => {
    const { stage, run, close } = await played({ names: ['web'], kind, bad: 'web' });
    const ran = await run(['deploy']);
    expect(ran, ran.stderr).toMatchObject({ code: 3 });
    expect(await allIsRight(stage, '1')).toEqual([]);
    await close();
  });
});
