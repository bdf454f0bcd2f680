import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../src/commands/commands.js';
import type { ImageDetails } from '../../src/engines/details.js';
import {
  nonceLabel,
  ownLabels,
  removeStale,
  replacesLabel,
  stale,
  withoutInherited,
} from '../../src/engines/throw-away.js';
import { thisHolder } from '../../src/journal/holder.js';
import { readMarks } from '../../src/journal/journal.js';
import { writeHolder } from '../../src/journal/lock-labels.js';
import { recover } from '../../src/recovery/recover.js';
import type { CurrentRun } from '../../src/rollout/reporting.js';
import { refuseOwnLabels } from '../../src/source/own-labels.js';
import { NothingSelected, type Selector, select } from '../../src/targets/selector.js';
import { played } from '../fallback/played.js';
import { details, journalOn } from '../journal/entries.js';
import { releaseFiles } from '../support/model/release.js';
import {
  allIsRight,
  deploy,
  inputsOf,
  type Play,
  quiet,
  recovered,
  type Stage,
  setUp,
} from '../support/model/stage.js';
import { vm } from '../support/model/vm.js';

const play: Play = { names: ['web'], kind: 'plain' };

/** Whatever a stranger has made is there as it was. */
async function untouched({ model }: Stage, ids: readonly string[], work: () => Promise<unknown>): Promise<void> {
  const all = async () => (await model.engine.containers()).filter(({ id }) => ids.includes(id));
  const before = await all();
  await work();
  expect(await all()).toEqual(before);
  expect(before).toHaveLength(ids.length);
}

const short = (id: string) => id.slice(0, 12);

describe('a container that only looks as if a restart had made it', () => {
  it.each<[string, (old: string) => { readonly name: string; readonly labels?: Record<string, string> }]>([
    ['the name of one that is put aside', () => ({ name: 'web.hot-deploy-old-aaaaaaaaaaaa' })],
    ['that name, with the id of what serves', (old) => ({ name: `web.hot-deploy-old-${short(old)}` })],
    ['the name of a new one', (old) => ({ name: `web.hot-deploy-new-${short(old)}` })],
    [
      'that name, and the label of one that a restart makes',
      (old) => ({ name: `web.hot-deploy-new-${short(old)}`, labels: { [replacesLabel]: old, 'hot-deploy.run': 'r' } }),
    ],
    [
      'that name, and a nonce that it made up',
      (old) => ({ name: `web.hot-deploy-new-${short(old)}`, labels: { [nonceLabel]: 'n'.repeat(32) } }),
    ],
    ['the name of one that is kept', () => ({ name: 'web.hot-deploy-previous-aaaaaaaaaaaa' })],
    [
      'the name of one that two restarts speak of',
      (old) => ({ name: `web.hot-deploy-old-${short(old)}${'a'.repeat(12)}` }),
    ],
  ])('by %s is left alone by recovery and by a deploy, and web serves', async (_, made) => {
    const stage = await setUp(play);
    const { Id: old } = await stage.model.engine.inspectContainer('web');
    const { name, labels = {} } = made(old);
    const stranger = await stage.model.engine.createContainer(name, { Image: stage.v1.Id, Labels: labels });
    await untouched(stage, [stranger], async () => {
      expect(await recovered(stage, stage)).toEqual([]);
      const [carried] = await deploy(stage, stage);
      // Its name may be needed, and then nothing is changed at all.
      expect(['deployed', 'refused']).toContain(carried?.ended.outcome);
    });
    expect((await stage.model.engine.inspectContainer('web')).State.Running).toBe(true);
  });

  it('is left alone also where what serves has ended', async () => {
    const stage = await setUp(play);
    const { Id: old } = await stage.model.engine.inspectContainer('web');
    await stage.model.engine.stopContainer(old);
    const name = `web.hot-deploy-new-${short(old)}`;
    const stranger = await stage.model.engine.createContainer(name, { Image: stage.v2.Id });
    await untouched(stage, [stranger, old], async () => expect(await recovered(stage, stage)).toEqual([]));
  });

  it('is no kept one: a deploy that keeps none removes it not', async () => {
    const stage = await setUp(play);
    const { Id: stranger } = await stage.model.run('stranger', { Image: stage.v1.Id });
    await stage.model.engine.stopContainer(stranger);
    await stage.model.engine.renameContainer(stranger, `web.hot-deploy-previous-${short(stranger)}`);
    await untouched(stage, [stranger], async () => {
      expect(await deploy(stage, stage)).toMatchObject([{ ended: { outcome: 'deployed' } }]);
    });
  });
});

describe('a container that was re-created by hand after a killed run', () => {
  it('stays, and so does what the run had put aside', async () => {
    const stage = await setUp(play);
    const { engine } = stage.model;
    const { Id: old } = await engine.inspectContainer('web');
    const { journal, release } = await journalOn(engine, stage.v1.Id, { environment: 'model' });
    await journal.write({ ...details, id: old, environment: 'model' }, 'stop');
    await release();
    await engine.stopContainer(old);
    await engine.renameContainer(old, `web.hot-deploy-old-${short(old)}`);
    const { Id: byHand } = await stage.model.run('web', { Image: stage.v1.Id });
    await untouched(stage, [old, byHand], async () => expect(await recovered(stage, stage)).toEqual([]));
  });
});

describe('a killed run whose journal was pruned', () => {
  it('is not recovered, and nothing of it is removed', async () => {
    const stage = await setUp(play);
    const { engine } = stage.model;
    const { Id: old } = await engine.inspectContainer('web');
    await engine.stopContainer(old);
    await engine.renameContainer(old, `web.hot-deploy-old-${short(old)}`);
    const fresh = await engine.createContainer('web', {
      Image: stage.v2.Id,
      Labels: { [nonceLabel]: 'of the journal' },
    });
    await untouched(stage, [old, fresh], async () => expect(await recovered(stage, stage)).toEqual([]));
  });
});

describe('an entry of the journal', () => {
  it.each<[string, Partial<typeof details>]>([
    ['another environment', { environment: 'staging' }],
    ['a container that is gone', { container: 'gone' }],
    ['the id of another container', { id: 'f'.repeat(64) }],
  ])('about %s changes nothing of web', async (_, more) => {
    const stage = await setUp(play);
    const { engine } = stage.model;
    const { Id: web } = await engine.inspectContainer('web');
    const { journal } = await journalOn(engine, stage.v1.Id, { environment: 'model' });
    await journal.write({ ...details, id: web, environment: 'model', ...more }, 'stop');
    const world = { log: quiet, clock: stage.clock, signal: new AbortController().signal };
    const draft = { inputs: inputsOf(play), world } as unknown as CurrentRun;
    await untouched(stage, [web], async () => await recover(engine, draft, journal).catch(() => undefined));
  });
});

describe('an image that was made from a container of ours', () => {
  const labels = Object.fromEntries(ownLabels.map((label) => [label, `copied ${label}`]));
  const among: Selector = { by: 'label', key: 'role', value: 'web' };
  const config = { Labels: { ...labels, role: 'web' } };

  it('hides no container from a label', async () => {
    const { model } = await setUp(play);
    const copied = model.image('copied', { program: {}, config });
    const id = await model.engine.createContainer('copied', { Image: copied.Id });
    const engine = withoutInherited(model.engine);
    expect(select(await engine.containers(), [among])).toEqual([
      expect.objectContaining({ id, labels: { role: 'web' } }),
    ]);
    for (const container of [await engine.inspectContainer(id), await engine.findContainer(id)])
      expect(container?.Config.Labels).toEqual({ role: 'web' });
    expect(stale(await engine.containers(), () => true)).toEqual([]);
  });

  it('makes none of those that a run has made from it less its own', async () => {
    const { model } = await setUp(play);
    const copied = model.image('copied', { program: {}, config });
    await model.engine.createContainer('own', { Image: copied.Id, Labels: { 'hot-deploy.run': randomUUID() } });
    const engine = withoutInherited(model.engine);
    expect(stale(await engine.containers(), () => true)).toHaveLength(1);
    const all = await engine.containers();
    expect(() => select(all, [among])).toThrow(NothingSelected);
  });
});

describe('throw-away containers of killed runs', () => {
  const dead = { ...thisHolder('ada'), pid: spawnSync('true').pid, startTicks: 1 };
  const mark = { run: randomUUID(), nonce: 'ab'.repeat(16) };
  const labels = {
    ...{ 'hot-deploy.role': 'base', 'hot-deploy.run': mark.run, 'hot-deploy.nonce': mark.nonce },
    'hot-deploy.holder': writeHolder(dead, '2026-01-02T03:04:05.000Z'),
  };
  /** What was left by a run, whose journal is there, and what only looks so. */
  async function left() {
    const stage = await setUp(play);
    const { engine } = stage.model;
    await (await journalOn(engine, stage.v1.Id, { environment: 'model', mark })).release();
    const make = (name: string, more: Readonly<Record<string, string>>) =>
      engine.createContainer(name, { Image: stage.v1.Id, Labels: { ...labels, ...more } });
    const own = await make('own', {});
    const imitating = stage.model.image('imitating', { program: {}, config: { Labels: labels } });
    const strangers = [
      await make('without a nonce', { 'hot-deploy.nonce': '' }),
      await make('with a nonce that it made up', { 'hot-deploy.nonce': 'cd'.repeat(16) }),
      await make('of another run', { 'hot-deploy.run': randomUUID() }),
      await make('with another role', { 'hot-deploy.nonce': '', 'hot-deploy.role': 'rehearsal' }),
      await engine.createContainer('imitation', { Image: imitating.Id }),
    ];
    await engine.tagImage(stage.v2.Id, 'app:live');
    // Whatever is older than hours is not of a run that goes on.
    await stage.clock.sleep(3 * 3_600_000);
    return { stage, own, strangers };
  }

  it.each([
    // Its node does not say all that is asked, while what it is compared with boots.
    ['status', 'refused'],
    ...(['plan', 'rehearse', 'script'] as const).map((mode) => [mode, 'planned'] as const),
    ['deploy', 'deployed'],
    // Nothing is on record.
    ['rollback', 'refused'],
    ['uninstall', 'unchanged'],
  ] as const)('are told from the imitations of a stranger by %s', async (mode, outcome) => {
    const { stage, own, strangers } = await left();
    const { engine } = stage.model;
    const context = await mkdtemp(join(tmpdir(), 'hot-deploy-strangers-'));
    const inputs = { ...inputsOf(play), mode, context, scriptPath: join(context, 'hot-deploy.sh') };
    const world = {
      ...{ log: quiet, clock: stage.clock, environment: {}, signal: new AbortController().signal },
      connect: async () => stage.engine,
    };
    await untouched(stage, strangers, async () => {
      expect(await runCommand(inputs, world)).toMatchObject({ outcome });
    });
    expect(await engine.findContainer(own)).toBeUndefined();
    await rm(context, { recursive: true });
  });

  it('are left alone where their journal was pruned', async () => {
    const { stage, own, strangers } = await left();
    const { engine } = stage.model;
    const told: string[] = [];
    for (const { id, names } of await engine.containers())
      if (names[0]?.startsWith('hot-deploy-journal-')) await engine.removeContainer(id, { force: true });
    const log = { ...quiet, info: (line: string) => void told.push(line) };
    await untouched(stage, [own, ...strangers], async () => {
      await removeStale(
        engine,
        log,
        () => true,
        () => readMarks(engine, 'model'),
      );
    });
    expect(told).toContainEqual(expect.stringContaining('own is left alone: no journal shows'));
  });
});

it.each(ownLabels)('an image with the label %s is refused', (label) => {
  const image = { Id: 'sha256:1', Config: { Labels: { [label]: '' } } } as unknown as ImageDetails;
  expect(() => refuseOwnLabels(image, 'app:2')).toThrow(`The image app:2 has the label ${label}`);
});

it('a new container has none of the labels that hot-deploy gave to the one before, but its own', async () => {
  const stage = await setUp(play);
  await deploy(stage, stage);
  const first = (await stage.model.engine.inspectContainer('web')).Config.Labels;
  expect(Object.keys(first).sort()).toEqual(
    [
      'own',
      'hot-deploy.from',
      'hot-deploy.nonce',
      'hot-deploy.reference',
      'hot-deploy.replaces',
      'hot-deploy.run',
    ].sort(),
  );
  expect(await allIsRight(stage, '2')).toEqual([]);
});

describe('the labels of hot-deploy that a container has from its image', () => {
  const forged = (stage: Stage) => ({
    'hot-deploy.reference': 'others:live',
    'hot-deploy.from': JSON.stringify({ image: stage.v1.Id, version: '1', reference: 'others:live' }),
    'hot-deploy.run': 'r',
    'hot-deploy.replaces': 'a'.repeat(64),
  });

  /** What serves was made of an image that says so. */
  async function made() {
    const theatre = await played(play);
    const { stage } = theatre;
    const { engine } = stage.model;
    const image = stage.model.image('app:forged', {
      program: vm('2', { installs: () => undefined }),
      config: { Labels: forged(stage) },
      files: releaseFiles('2'),
    });
    await engine.removeContainer('web', { force: true, volumes: true });
    await engine.tagImage(image.Id, 'app:live');
    await stage.model.run('web', { Image: 'app:live' });
    await stage.clock.sleep(3_000);
    return theatre;
  }

  const worldOf = ({ clock, engine }: Stage) => ({
    ...{ log: quiet, clock, environment: {}, signal: new AbortController().signal },
    connect: async () => engine,
  });

  it('do not say what it goes back to', async () => {
    const { stage, close } = await made();
    expect(await runCommand({ ...inputsOf(play), mode: 'rollback' }, worldOf(stage))).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('Nothing is on record of what web ran before'),
    });
    await close();
  });

  it.each(['hot-deploy', 'the script'])('move no name of an image, and pass to no new container: by %s', async (by) => {
    const { stage, run, close } = await made();
    const { engine } = stage.model;
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-forged-'));
    const inputs = { ...inputsOf(play), image: 'app:2', scriptPath: join(folder, 'hot-deploy.sh') };
    const ended = by === 'the script' ? await run(['deploy']) : await runCommand(inputs, worldOf(stage));
    expect(ended).toMatchObject(by === 'the script' ? { code: 0 } : { outcome: 'deployed' });
    const { Labels: labels = {} } = (await engine.inspectContainer('web')).Config;
    expect(labels).toMatchObject({ 'hot-deploy.reference': 'app:live' });
    expect(labels['hot-deploy.replaces']).not.toBe('a'.repeat(64));
    expect(await engine.findImage('others:live')).toBeUndefined();
    await rm(folder, { recursive: true });
    await close();
  });
});
