import { describe, expect, it } from 'vitest';
import { allIsRight, type Play } from '../support/model/stage.js';
import { someOf } from '../support/tier.js';
import { played } from './played.js';

const kinds: readonly Play['kind'][] = ['--rm', 'plain', '--restart always'];

describe.each(someOf(2, kinds))('the script, of a container that is %s,', (kind) => {
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

it('a dry run says what it would change, and changes nothing', async () => {
  const { stage, run, close } = await played({ names: ['web'], kind: '--restart always' });
  const before = JSON.stringify(stage.model.whole());
  const { code, stdout, changes } = await run(['deploy', '--dry-run']);
  expect({ code, changes }).toEqual({ code: 0, changes: [] });
  const [id] = [...stage.began.values()].map(({ Id }) => Id);
  const short = id?.slice(0, 12);
  expect(
    stdout
      .replaceAll(id ?? '', 'OLD')
      .split('\n')
      .map((line) => line.replace(/ (-|journal\/|hot-deploy-lock-|sha256:).*/, '')),
  ).toEqual([
    ...['docker create', 'docker cp', 'docker create', 'docker cp', 'docker stop OLD'],
    `docker rename OLD web.hot-deploy-old-${short}`,
    ...[`docker rename web.hot-deploy-new-${short} web`, 'docker start web', 'docker cp', 'docker update'],
    ...[`docker rename OLD web.hot-deploy-previous-${short}`, 'docker cp', 'docker tag', 'docker rename', ''],
  ]);
  expect(JSON.stringify(stage.model.whole())).toBe(before);
  await close();
});

it('a rollback starts the container before again, a second one the one after it', async () => {
  const { stage, run, close } = await played({ names: ['web'], kind: '--restart always' });
  expect(await run(['deploy'])).toMatchObject({ code: 0 });
  for (const version of ['1', '2'] as const) {
    const ran = await run(['rollback']);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(await allIsRight(stage, version)).toEqual([]);
  }
  await close();
});
