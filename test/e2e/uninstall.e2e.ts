import { spawnSync } from 'node:child_process';
import { afterAll, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { marking } from '../../src/engines/throw-away.js';
import type { Claim } from '../../src/journal/entry.js';
import { thisHolder } from '../../src/journal/holder.js';
import { readJournal } from '../../src/journal/journal.js';
import { acquireLock } from '../../src/journal/lock.js';
import { journalName, lockName, lockSpec, writeHolder } from '../../src/journal/lock-labels.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { retireOriginal } from '../../src/strategies/recreate/finish.js';
import { recreate } from '../../src/strategies/recreate/recreate.js';
import { systemClock } from '../../src/system/log.js';
import { details, journalOn } from '../journal/entries.js';
import { bench, claimOn, named, openBench, options, v1, v2 } from '../strategies/recreate/attempt.js';
import { deployTo } from '../support/world/deploying.js';

openBench();

const since = '2026-01-02T03:04:05.000Z';
const run = 'a0b1c2d3-0000-4000-8000-000000000000';
const nonce = 'ab'.repeat(16);
/** A process of this machine that has ended. */
const gone = { ...thisHolder('ada'), pid: spawnSync('true').pid, startTicks: 1 };
const environmentOf = (name: string) => `${bench.prefix}-${name}`;
const ended = (id: string) => ({ id, nonce, holder: gone, startedAt: since });

afterAll(async () => {
  const locks = ['all', 'other', 'live'].map((name) => lockName(environmentOf(name)));
  await Promise.all(locks.map((name) => bench?.engine.removeContainer(name, { force: true })));
});

/** A journal of one deploy of a container, as a run leaves it in the lock that it had. */
async function written(container: string, claim: Claim, environment: string): Promise<void> {
  const { journal } = await journalOn(bench.engine, v1.Id, { environment, mark: { run, nonce } });
  for (const step of ['stop', 'settle', 'done'] as const)
    await journal.write({ ...details, ...claim, container, environment, by: 'ada' }, step);
}

it('an uninstallation lists, then removes what is provably ours, and touches nothing that serves', async () => {
  const environment = environmentOf('all');
  const engine = marking(bench.engine, { run, nonce, holder: writeHolder(gone, since) });
  const old = await bench.run('web', v1.Id);
  const to = { reference: v2.RepoTags[0] ?? v2.Id, id: v2.Id };
  expect((await recreate(engine, old, v1, to, options({ claim: claimOn(old) }))).kind).toBe('recreated');
  await retireOriginal(bench.engine, old.Name.slice(1), {
    ...options({ claim: claimOn(old) }),
    ...{ newest: 3, isKept: () => true },
  });
  const web = await named('web');
  await written(web.Name.slice(1), claimOn(old), environment);
  const lock = await bench.engine.inspectContainer(lockName(environment));
  await bench.engine.renameContainer(lock.Id, journalName(environment, run));
  await bench.engine.createContainer(lockName(environment), lockSpec(environment, ended(run), since, v1));
  const other = lockName(environmentOf('other'));
  await bench.engine.createContainer(other, lockSpec(environmentOf('other'), ended(run), since, v1));
  const label = ['--label', `hot-deploy.test=${bench.prefix}`];
  const roles = [
    ...['hot-deploy.role=base', `hot-deploy.run=${run}`, `hot-deploy.nonce=${nonce}`],
    `hot-deploy.holder=${writeHolder(gone, since)}`,
  ];
  const thrown = `${bench.prefix}-thrown`;
  await bench.docker('create', '--name', thrown, ...label, ...roles.flatMap((each) => ['--label', each]), v1.Id);
  const imitating = await bench.image('imitating', ...roles.map((each) => `LABEL ${each.replace(/=(.*)/, "='$1'")}`));
  await bench.run('imitation', imitating.Id, 'sleep', 'infinity');
  const foreign = `${bench.prefix}-web.hot-deploy-previous-0123456789ab`;
  await bench.docker('create', '--name', foreign, ...label, v1.Id);
  // Any run on the engine removes throw-away containers of runs that have ended, so this one's may be gone already; and others
  // of the engine come and go.
  const standing = async () =>
    (await bench.engine.containers()).flatMap(({ names: [each = ''] }) =>
      each.includes(bench.prefix) && each !== thrown ? each : [],
    );
  const before = await standing();
  const own = ({ uninstalled = [] }: Report) =>
    uninstalled.filter(({ name: each }) => each.includes(bench.prefix) && each !== thrown);
  const kept = `${bench.prefix}-web.hot-deploy-previous-${old.Id.slice(0, 12)}`;
  const name = `${bench.prefix}-web`;
  const tried = await deployTo(name, { mode: 'uninstall', environment, 'dry-run': 'true' });
  expect(tried.report.outcome, tried.log).toBe('planned');
  expect(own(tried.report)).toMatchObject([
    { what: 'lock', name: lockName(environment), state: 'found', why: 'of ada' },
    { what: 'kept container', name: kept, state: 'found' },
    { what: 'journal', name: journalName(environment, run), state: 'found' },
    { what: 'kept container', name: foreign, state: 'left', why: expect.stringContaining('nothing shows') },
  ]);
  expect(renderTerminal(tried.report)).toMatch(/^Found \d+ things of hot-deploy: nothing was removed\./);
  expect(await standing()).toEqual(before);

  const { report, log } = await deployTo(name, { mode: 'uninstall', environment });
  expect(report.outcome, log).toBe('unchanged');
  expect(log.indexOf(`kept container ${kept}`)).toBeLessThan(log.indexOf(`removed: kept container ${kept}`));
  expect(own(report).map(({ state, name: each }) => [state, each])).toEqual([
    ['removed', lockName(environment)],
    ['removed', journalName(environment, run)],
    ['removed', kept],
    ['left', foreign],
  ]);
  for (const each of [lockName(environment), journalName(environment, run), kept, thrown]) {
    expect(await bench.engine.findContainer(each), each).toBeUndefined();
  }
  for (const each of [other, foreign, `${bench.prefix}-imitation`]) {
    expect(await bench.engine.findContainer(each), each).toBeDefined();
  }
  expect(await readJournal(bench.engine, environment)).toEqual([]);
  const { Id, State, RestartCount } = await named('web');
  expect({ Id, started: State.StartedAt, RestartCount }).toEqual({
    Id: web.Id,
    started: web.State.StartedAt,
    RestartCount: 0,
  });

  const again = await deployTo(name, { mode: 'uninstall', environment });
  expect(again.report.outcome).toBe('unchanged');
  expect(own(again.report)).toMatchObject([{ name: foreign, state: 'left' }]);
});

it('an uninstallation is refused while another run has the lock, and says who', async () => {
  const environment = environmentOf('live');
  const live = await bench.run('live', v1.Id);
  await written(live.Name.slice(1), claimOn(live), environment);
  const { Id: lock } = await bench.engine.inspectContainer(lockName(environment));
  await bench.engine.renameContainer(lock, journalName(environment, run));
  const held = await acquireLock(bench.engine, {
    ...{ environment, image: v1, timeoutMs: 0, clock: systemClock, signal: new AbortController().signal },
    run: { id: run, nonce, holder: thisHolder('grace'), startedAt: since },
    log: options().log,
  });
  try {
    const { report } = await deployTo(`${bench.prefix}-live`, { mode: 'uninstall', environment });
    expect(report.outcome).toBe('refused');
    expect(report.message).toMatch(/^grace has held the lock on /);
    expect(renderTerminal(report)).toMatch(/^Refused to uninstall: nothing was removed\./);
    expect(await readJournal(bench.engine, environment)).toHaveLength(3);
    expect(await bench.engine.findContainer(lockName(environment))).toBeDefined();
  } finally {
    await held.release();
  }
});
