import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Difference, Drift } from '../../src/deployment/drift.js';
import type { ContainerReport, Report } from '../../src/deployment/report.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { itNightly } from '../support/nightly.js';
import { worlds } from '../support/tier.js';
import { hotDeploy } from '../support/world/command.js';
import { type Container, removeContainers, start, unused } from '../support/world/container.js';
import { type Deployed, deployTo } from '../support/world/deploying.js';
import { docker, image, removeImages } from '../support/world/images.js';
import { evaluate, standing } from '../support/world/inside.js';
import { ownImage, removeOwnImages, throwaways } from '../support/world/untouched.js';

const tags: string[] = [];

afterAll(async () => {
  await removeContainers();
  for (const tag of tags) await docker('rmi', '--no-prune', tag);
  await removeOwnImages();
  await removeImages();
});

/** A name that can be moved from one image to another. */
async function tagged(reference: string, tag = `hot-deploy-test:${unused('live')}`): Promise<string> {
  await docker('tag', reference, tag);
  if (!tags.includes(tag)) tags.push(tag);
  return tag;
}

const look = (...containers: readonly (Container | string)[]): Promise<Deployed> =>
  deployTo(
    containers.map((each) => (typeof each === 'string' ? each : each.name)),
    { mode: 'status' },
  );

function rowOf(report: Report, { name }: Container): ContainerReport & { readonly drift: Drift } {
  const row = report.containers.find((each) => each.name === name);
  if (row?.drift === undefined) throw new Error(`the report says nothing of ${name}`);
  return { ...row, drift: row.drift };
}

const told = ({ differences }: Drift, kind: Difference['kind']) => differences.filter((each) => each.kind === kind);
const namesOf = (drift: Drift, kind: Difference['kind']) => told(drift, kind).map(({ subject }) => subject);
const all = ({ differences }: Drift) =>
  differences.map(({ kind, subject, message }) => `${kind} ${subject} ${message}`);
const whatIs = (moment: string, { history }: Drift) =>
  Date.parse(history.find(({ what }) => what === moment)?.at ?? '');

/** A module that the release does not have, or another one in place of one that it has. */
const loaded = (module: string, body = '') =>
  `{ok, Name, Beam} = compile:forms([{attribute, 1, module, '${module}'}${body}]), code:load_binary(Name, "by hand", Beam)`;

describe.each(worlds)('on Debian %s', (debian) => {
  let one = '';
  let two = '';
  beforeAll(async () => {
    [one, two] = await Promise.all([
      image({ example: 'octochat', version: 1, debian }),
      image({ example: 'octochat', version: 2, debian }),
    ]);
  });

  it('a fresh container runs what its image says, and so it does after a hot deploy under the same name', async () => {
    const live = await tagged(one);
    const web = await start(live);
    const before = await look(web);
    expect(all(rowOf(before.report, web).drift)).toEqual([]);
    expect(before.report).toMatchObject({
      outcome: 'unchanged',
      status: { equal: 1 },
      from: '0.1.0',
      to: '0.1.0',
      image: { reference: live },
    });
    expect(rowOf(before.report, web).drift).toMatchObject({
      state: 'equal',
      restart: { boots: '0.1.0', same: true },
      renewal: { same: true },
      notCompared: [],
    });

    const began = Date.now();
    await deployTo(web.name, { image: two });
    const ended = Date.now();
    await tagged(two, live);

    const after = await look(web);
    const { drift } = rowOf(after.report, web);
    expect(all(drift)).toEqual([]);
    expect(after.report).toMatchObject({ outcome: 'unchanged', from: '0.2.0', to: '0.2.0' });
    expect(drift).toMatchObject({
      restart: { boots: '0.2.0', same: true },
      renewal: { same: true },
      meant: { reference: live, version: '0.2.0' },
    });
    expect(drift.madeFrom.id).not.toBe(drift.meant?.id);
    for (const moment of ['0.2.0 was loaded hot', '0.2.0 was made permanent']) {
      // Whole seconds.
      expect(whatIs(moment, drift)).toBeGreaterThanOrEqual(began - 1_000);
      expect(whatIs(moment, drift)).toBeLessThanOrEqual(ended);
    }
    expect(whatIs('the VM started', drift)).toBeLessThan(began);

    await evaluate(web, loaded('Elixir.Octochat.Stats'));
    const patched = rowOf((await look(web)).report, web).drift;
    expect(patched.state).toBe('differs');
    expect(namesOf(patched, 'module')).toEqual(['Elixir.Octochat.Stats']);
  });
});

describe('a container that somebody has had his hands on', () => {
  let web: Container;
  let drift: Drift;
  let seen: Deployed;
  let one = '';

  beforeAll(async () => {
    one = await image({ example: 'octochat', version: 1, debian: 'bookworm' });
    web = await start(await tagged(one));
    await evaluate(web, loaded('Elixir.Octochat.Endpoint'));
    await evaluate(web, loaded('brought_in'));
    await evaluate(
      web,
      'application:set_env(octochat, token, <<"hunter2">>), application:set_env(octochat, greeting, <<"swordfish">>), application:unset_env(octochat, http_port)',
    );
    await evaluate(
      web,
      "supervisor:terminate_child('Elixir.Octochat.Supervisor', 'Elixir.Octochat.ConnectionSupervisor')",
    );
    await evaluate(web, "sys:suspend('Elixir.KV')");
    // It waits for ever in code that is then replaced.
    const waits =
      ", {attribute, 1, export, [{f, 0}]}, {function, 1, f, 0, [{clause, 1, [], [], [{'receive', 1, [{clause, 1, [{atom, 1, go}], [], [{atom, 1, ok}]}]}]}]}";
    await evaluate(web, `${loaded('waiting', waits)}, register(waiter, spawn(waiting, f, []))`);
    await evaluate(web, loaded('waiting'));
    seen = await look(web);
    drift = rowOf(seen.report, web).drift;
  });

  it('differs, and is no failed run', () => {
    expect(seen.report).toMatchObject({
      outcome: 'planned',
      status: { differs: 1 },
      containers: [{ outcome: 'planned' }],
    });
    expect(renderSummary(seen.report)).toMatch(new RegExp(`^⚠️ \\*\\*${web.name} differs from hot-deploy-test:`));
  });

  it('names the modules that were loaded by hand, since nobody knows when', () => {
    expect(told(drift, 'module')).toMatchObject([
      { subject: 'Elixir.Octochat.Endpoint', message: "was loaded by hand: a restart takes the image's code" },
      { subject: 'brought_in', message: expect.stringContaining('without a file of its own') },
      { subject: 'waiting' },
    ]);
    for (const { since } of told(drift, 'module')) {
      expect(since).toEqual({
        after: new Date(whatIs('the VM started', drift)).toISOString(),
        event: 'the VM started',
      });
    }
    expect(drift).toMatchObject({ restart: { boots: '0.1.0', same: false }, renewal: { same: false } });
  });

  it('names the keys that were set, and no value', () => {
    expect(told(drift, 'setting')).toMatchObject([
      { subject: 'octochat:greeting', message: expect.stringContaining('to another value than the configured one') },
      { subject: 'octochat:http_port', message: expect.stringContaining('was unset at run time') },
      { subject: 'octochat:token', message: expect.stringContaining('is not configured') },
    ]);
    const everything = JSON.stringify(seen) + renderSummary(seen.report) + renderTerminal(seen.report);
    expect(everything).not.toMatch(/hunter2|swordfish/);
  });

  it('names the child that was terminated, and nothing below it', () => {
    expect(told(drift, 'child')).toMatchObject([
      {
        subject: "octochat/'Elixir.Octochat.ConnectionSupervisor'",
        message: 'is not running: it was terminated, or its start failed',
      },
    ]);
  });

  it('names the process that is suspended, and the one in old code', () => {
    expect(told(drift, 'process')).toMatchObject([
      { subject: expect.stringMatching(/^waiter <0\.\d+\.0>$/), message: 'is still in old code of waiting' },
      { subject: expect.stringMatching(/^Elixir\.KV <0\.\d+\.0>$/), message: expect.stringContaining('is suspended') },
    ]);
  });

  it('and nothing else', () => {
    expect(drift.differences).toHaveLength(9);
    expect(drift.notCompared).toEqual([]);
  });
});

itNightly('a hot load that was never made permanent is a drift, since it was loaded', async () => {
  const [one, two] = await Promise.all(
    [1, 2].map((version) => image({ example: 'octochat', version, debian: 'bookworm' })),
  );
  const live = await tagged(one ?? '');
  const web = await start(live);
  const began = Date.now();
  const { report: deployed } = await deployTo(web.name, {
    image: two ?? '',
    'on-failure': 'stop',
    probe: 'exec:test ! -e /app/releases/0.2.0',
    'probe-interval': '50ms',
    // It ends with the first that fails.
    soak: '30s',
  });
  expect(deployed).toMatchObject({ outcome: 'failed', message: expect.stringContaining('not permanent') });

  const { report } = await look(web);
  const { drift } = rowOf(report, web);
  expect(drift).toMatchObject({
    state: 'differs',
    runs: { version: '0.2.0' },
    restart: { boots: '0.1.0', same: false },
  });
  const [restart] = told(drift, 'restart');
  expect(restart).toMatchObject({
    subject: '0.2.0',
    message: 'runs and was never made permanent: a restart of the container boots 0.1.0',
  });
  const since = restart?.since && 'at' in restart.since ? Date.parse(restart.since.at) : 0;
  expect(since).toBeGreaterThanOrEqual(began - 1_000);
  // The tag was not moved, so it names what ran before.
  expect(told(drift, 'release')).toMatchObject([{ message: `runs in version 0.2.0, and ${live} holds 0.1.0` }]);
  expect(namesOf(drift, 'module')).toContain('Elixir.Octochat.Stats');

  await docker('tag', two ?? '', live);
  const moved = rowOf((await look(web)).report, web).drift;
  // The deploy has left it in the middle, as it was asked to.
  expect(moved.differences.map(({ kind }) => kind)).toEqual(['run', 'restart']);
});

describe('a fleet', () => {
  let live = '';
  let containers: Readonly<Record<'running' | 'stopped' | 'mute' | 'bare', Container>>;
  let images: readonly string[] = [];

  beforeAll(async () => {
    images = await Promise.all([1, 2].map((version) => image({ example: 'octochat', version, debian: 'bookworm' })));
    live = await tagged(images[0] ?? '');
    const [running, stopped, mute, bare] = await Promise.all([
      start(live),
      start(live),
      start(live, ['-e', 'RELEASE_DISTRIBUTION=none']),
      start('debian:bookworm-slim', [], ['sleep', '600']),
    ]);
    containers = { running, stopped, mute, bare };
    await docker('stop', '-t', '1', stopped.name);
  });

  it('of which some cannot be asked is told container by container', async () => {
    const { running, stopped, mute, bare } = containers;
    const { report } = await look(running, stopped, mute, bare);
    expect(report).toMatchObject({ outcome: 'planned', status: { equal: 1, unread: 3 } });
    expect(rowOf(report, running).drift.state).toBe('equal');
    expect(rowOf(report, stopped)).toMatchObject({
      outcome: 'refused',
      message: `${stopped.name} is exited, so nothing that runs could be asked.`,
      drift: { state: 'unread', meant: { reference: live } },
    });
    expect(rowOf(report, mute).message).toMatch(/without distribution/);
    expect(rowOf(report, bare).message).toMatch(/no Erlang VM/);
    expect(renderTerminal(report)).toMatch(/^Of 4 containers 1 runs exactly .*, 3 could not be asked\.\n/);
  });

  itNightly('of which nothing can be asked is refused', async () => {
    const ran = await hotDeploy(['status', '--containers', containers.stopped.name]);
    expect(ran).toMatchObject({ code: 1, report: { outcome: 'refused', status: { unread: 1 } } });
    expect(ran.stdout).toMatch(/could not be asked what it runs\.\n/);
  });

  itNightly('whose tag was moved tells versions and modules, and when', async () => {
    const { running } = containers;
    const began = Date.now();
    await tagged(images[1] ?? '', live);
    const ran = await hotDeploy(['status', '--containers', running.name]);
    expect(ran).toMatchObject({ code: 0, report: { outcome: 'planned', from: '0.1.0', to: '0.2.0' } });
    expect(ran.stdout).toContain(`${running.name} differs from ${live}.`);
    const { drift } = rowOf(ran.report as Report, running);
    expect(drift).toMatchObject({ restart: { boots: '0.1.0', same: true }, renewal: { same: false } });
    expect(namesOf(drift, 'application').toSorted()).toEqual(['kv', 'octochat']);
    expect(namesOf(drift, 'module')).toEqual(expect.arrayContaining(['Elixir.KV', 'Elixir.Octochat.Stats']));
    expect(namesOf(drift, 'protocol')).toEqual(['Elixir.Octochat.Render']);
    expect(namesOf(drift, 'setting')).toEqual(['octochat:motto']);
    expect(namesOf(drift, 'child')).toEqual(["octochat/'Elixir.Octochat.Stats'"]);
    const [{ since } = { since: undefined }] = told(drift, 'release');
    expect(since).toMatchObject({ event: `${live} was last tagged` });
    expect(Date.parse((since as { by: string }).by)).toBeGreaterThanOrEqual(began);

    // Unless another image is named.
    const named = await hotDeploy(['status', '--containers', running.name, '--image', images[0] ?? '']);
    expect(named).toMatchObject({ code: 0, report: { outcome: 'unchanged' } });
  });

  itNightly('whose image is gone from the engine still says what it runs', async () => {
    const gone = await tagged(images[0] ?? '');
    const web = await start(gone);
    await docker('rmi', '--no-prune', gone);
    tags.splice(tags.indexOf(gone), 1);
    const { report } = await look(web);
    expect(rowOf(report, web).drift).toMatchObject({
      state: 'unclear',
      runs: { name: 'octochat', version: '0.1.0' },
      notCompared: [expect.stringMatching(`^${gone}: the engine has no image of that name any more`)],
    });
    const refused = await hotDeploy(['status', '--containers', web.name, '--image', gone]);
    expect(refused).toMatchObject({ code: 1, report: { outcome: 'refused' } });
    expect(refused.stdout).toContain(`The engine has no image ${gone}.`);
  });
});

itNightly(
  'a container that was made from an id is compared with what its tag names, and without a tag nobody knows',
  async () => {
    const one = await image({ example: 'octochat', version: 1, debian: 'bookworm' });
    const own = await ownImage(one);
    const id = await docker('image', 'inspect', '-f', '{{.Id}}', own);
    const web = await start(id);
    const { report } = await look(web);
    expect(rowOf(report, web).drift).toMatchObject({ state: 'equal', meant: { reference: own, names: [own] } });

    await docker('tag', one, own);
    const { report: nameless } = await look(web);
    await docker('tag', id, own);
    expect(rowOf(nameless, web).drift).toMatchObject({
      state: 'unclear',
      differences: [],
      notCompared: [expect.stringContaining('no tag names that any more')],
    });
  },
);

itNightly('changes nothing: files, environment, code and processes stay, and atoms do not pile up', async () => {
  const web = await start(await ownImage(await image({ example: 'octochat', version: 1, debian: 'bookworm' })));
  const [before, inspected] = [await standing(web), await web.inspect()];
  await look(web);
  const changed = await docker('diff', web.name);
  const atoms = async () => Number(await evaluate(web, 'erlang:system_info(atom_count)'));
  const first = await atoms();
  await look(web);
  expect((await atoms()) - first).toBeLessThan(10);
  expect(await standing(web)).toEqual(before);
  const { Pid, StartedAt } = inspected.State;
  expect((await web.inspect()).State).toMatchObject({ Pid, StartedAt });
  expect(await docker('diff', web.name)).toBe(changed);
  expect(await throwaways()).toEqual([]);
  expect(changed).not.toMatch(/ \/app\/(lib|bin|releases)/);
  expect(await evaluate(web, '[M || {M, _} <- code:all_loaded(), lists:prefix("hot_deploy", atom_to_list(M))]')).toBe(
    '[]',
  );
});
