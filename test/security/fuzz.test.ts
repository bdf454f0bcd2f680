import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/deployment/report.js';
import { compareWithImage } from '../../src/drift/compare.js';
import { historyOf, stopped, volumeOver } from '../../src/drift/container.js';
import { recorded } from '../../src/drift/recorded.js';
import { parseStartup } from '../../src/drift/startup.js';
import { readState } from '../../src/drift/state.js';
import { EngineError, Unreadable } from '../../src/engines/call.js';
import { containerOf, isImage, nameOf } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { following } from '../../src/engines/following.js';
import { keptOf, meantName, namesFor } from '../../src/engines/names.js';
import { originOf } from '../../src/engines/origin.js';
import { recreation } from '../../src/engines/recreation.js';
import { differingSettings, settings } from '../../src/engines/settings.js';
import { script } from '../../src/fallback/script.js';
import { judgeProcesses } from '../../src/hot-load/process-rules.js';
import { compareFacts } from '../../src/hot-load/rehearsal/compare.js';
import { parseManifest } from '../../src/hot-load/stored-manifest.js';
import { ready, switchRelease } from '../../src/hot-load/switch.js';
import { ended, lineage, lived, ran, unfinished } from '../../src/journal/history.js';
import { readJournal } from '../../src/journal/journal.js';
import { readLock } from '../../src/journal/lock-labels.js';
import { AgentError } from '../../src/node/agent.js';
import { Node } from '../../src/node/node.js';
import { parseVms } from '../../src/node/vm.js';
import { endOf } from '../../src/probe/await-health.js';
import { resolveProbe } from '../../src/probe/resolve.js';
import { Refusal } from '../../src/reasons/refusal.js';
import { type Entry, packEntries, UnsafeArchive, unpack } from '../../src/release/archive.js';
import { compare } from '../../src/release/compare.js';
import { missingEffects, steadyContents } from '../../src/release/contents.js';
import { compareSupervision } from '../../src/release/drift.js';
import { readContents, readFacts } from '../../src/release/facts.js';
import { readListing } from '../../src/release/listing.js';
import { readRunning } from '../../src/release/running.js';
import { startCommandOf, statementsOf } from '../../src/release/start-command.js';
import { steadyFacts } from '../../src/release/steady-facts.js';
import { compareTrees } from '../../src/release/supervision.js';
import { takeFile, takeFolder } from '../../src/release/taken.js';
import { asJson } from '../../src/report/as-json.js';
import { renderComment } from '../../src/report/comment.js';
import { renderOutputs } from '../../src/report/outputs.js';
import { renderPreview } from '../../src/report/preview.js';
import { renderSummary } from '../../src/report/summary.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { verdict } from '../../src/report/verdict.js';
import { parsedJson } from '../../src/system/shape.js';
import { rolledBack, report as sample } from '../report/sample.js';
import { everything } from '../support/tier.js';
import { image as release, runs, supervisor, worker } from '../support/world/facts.js';
import { chance, jsonOf, spoiled } from './fuzz.js';
import { memory, withJournal } from './hostile.js';

const cases = everything ? 10_000 : 1_000;
/** Together, of the processor: a machine may have much else to do. */
const mostMs = everything ? 200_000 : 20_000;
const mostBytes = 200 * 1_048_576;

/** What the product says itself: a sentence for whoever reads it. */
const own = [Refusal, EngineError, Unreadable, UnsafeArchive, AgentError];

let began: NodeJS.CpuUsage;
beforeAll(() => {
  began = process.cpuUsage();
});
afterAll(() => {
  const { user, system } = process.cpuUsage(began);
  expect((user + system) / 1_000).toBeLessThan(mostMs);
});

/** Tries so many of a kind, of which some have to be taken; what fails is told with its number, which brings it again. */
async function tried(work: (random: () => number, nth: number) => boolean | Promise<boolean>): Promise<void> {
  let taken = 0;
  const more = await memory(async () => {
    for (let nth = 1; nth <= cases; nth += 1) {
      const since = performance.now();
      try {
        if (await work(chance(nth), nth)) taken += 1;
      } catch (error) {
        if (own.some((expected) => error instanceof expected)) continue;
        throw new Error(`case ${nth}: ${error instanceof Error ? error.stack : String(error)}`, { cause: error });
      }
      if (performance.now() - since > 20_000) throw new Error(`case ${nth} took ${performance.now() - since} ms`);
    }
  });
  expect(more).toBeLessThan(mostBytes);
  expect(taken).toBeGreaterThan(cases / 20);
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
}

describe('whatever is read, the worst is a sentence', () => {
  const version = { version: '1.0.0', image: `sha256:${'1'.repeat(64)}`, reference: 'app:1', commit: 'c0ffee' };
  const entry = {
    ...{
      schema: 1,
      token: 1,
      id: 'a'.repeat(64),
      nonce: 'n',
      at: '2026-01-01T00:00:00Z',
      step: 'stop',
      run: 'r',
      task: 'deploy',
      way: 'relup',
    },
    ...{ container: 'web', from: version, to: version, fleet: ['web', 'api'], environment: 'production', by: 'me' },
    ...{ brought: ['lib/a-1', 'releases/2'], wayBack: 'downgrade' },
  };

  it('journal entries', async () => {
    await tried(async (random) => {
      const text = jsonOf(spoiled(entry, random));
      const cut = random() < 0.1 ? text.slice(0, Math.floor(random() * text.length)) : text;
      const file = { path: 'journal-lock/000001-stop.json', type: 'file', mode: 0o644, uid: 0, gid: 0 } as const;
      const tar = await packEntries([{ ...file, data: Buffer.from(cut) }]);
      const read = await readJournal(withJournal({ getArchive: async () => tar }), 'production');
      unfinished(read);
      JSON.stringify([
        recorded(read, { id: 'a'.repeat(64), labels: {} }),
        lineage(read, version),
        lived(read),
        ended(read),
      ]);
      for (const { to } of read) meantName(`${to.reference}`);
      parseManifest(cut, '2', { file: 'x', sha256: 'y' });
      return read.length > 0;
    });
  });

  const config = {
    ...{
      Env: ['A=1'],
      Cmd: ['sh', '-c', 'bin/app start'],
      Entrypoint: null,
      Labels: { a: 'b' },
      Volumes: { '/data': {} },
    },
    ...{ Image: 'app:1', Hostname: 'web', Domainname: '', User: '', WorkingDir: '/app', Tty: false, StopTimeout: 10 },
    ...{ Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9 }, ExposedPorts: { '4000/tcp': {} } },
  };
  const container = {
    ...{ Id: 'a'.repeat(64), Name: '/web', Image: version.image, Created: '2026-01-01T00:00:00Z', RestartCount: 0 },
    State: {
      ...{
        Status: 'exited',
        Running: false,
        Paused: false,
        Restarting: false,
        OOMKilled: false,
        Dead: false,
        ExitCode: 1,
      },
      ...{ StartedAt: '2026-01-01T00:00:00Z', FinishedAt: '2026-01-01T00:00:01Z' },
      Health: { Status: 'unhealthy', FailingStreak: 3, Log: [{ Output: 'no' }] },
    },
    Config: config,
    HostConfig: {
      ...{
        NetworkMode: 'shop',
        RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
        AutoRemove: false,
        Binds: ['/a:/b:ro'],
      },
      ...{ PortBindings: { '4000/tcp': [{ HostIp: '', HostPort: '80' }] }, Links: ['/db:/web/db'], Memory: 5 },
      ...{
        Mounts: [{ Type: 'volume', Target: '/data' }],
        LogConfig: { Type: 'json-file', Config: {} },
        Ulimits: [{ Name: 'nofile', Soft: 1 }],
      },
    },
    Mounts: [{ Type: 'volume', Name: 'v', Source: '/v', Destination: '/data', Driver: 'local', RW: true }],
    NetworkSettings: {
      Networks: { shop: { NetworkID: 'n', IPAddress: '10.0.0.2', Aliases: ['web'] } },
      Ports: { '4000/tcp': [{ HostIp: '0.0.0.0', HostPort: '80' }] },
    },
  };
  const image = {
    Id: version.image,
    Config: config,
    RepoTags: ['app:1'],
    RootFS: { Layers: ['l'] },
    Metadata: { LastTagTime: '' },
  };
  const inputs = {
    ...{ environment: 'production', image: 'app:2', context: '.', soakMs: 1, drainMs: 1, suspendTimeoutMs: 1 },
    ...{ lockTimeoutMs: 1, keep: 3 },
  };

  it('what an engine says of a container and an image', async () => {
    await tried((random) => {
      const found = containerOf(parsedJson(jsonOf(spoiled(container, random))));
      const made = parsedJson(jsonOf(random() < 0.5 ? image : spoiled(image, random)));
      if (found === undefined || !isImage(made)) return false;
      const again = following(found, new Map([['a'.repeat(64), 'b'.repeat(64)]]));
      JSON.stringify([
        recreation(again, made, 'app:2'),
        namesFor(found),
        historyOf(found),
        ran(found, '1'),
        keptOf(nameOf(found)),
      ]);
      differingSettings(settings(found, made), settings(again, made));
      readLock(found.Config.Labels, 'production');
      JSON.stringify([originOf(found), endOf(found, 0), stopped(found), volumeOver(found, { root: '/app' } as never)]);
      startCommandOf(found, made, made);
      resolveProbe({ kind: 'http', url: 'http://{container}:4000/' } as never, found, '127.0.0.1');
      script({ inputs, withEnv: random() < 0.5, containers: [{ container: found, oldImage: made }] });
      return true;
    });
  });

  const tree = { shop: supervisor([worker('till'), supervisor([worker('page')])]) };
  const identity = {
    ...{
      node: 'app@host',
      otp: '25',
      erts: '13.1.5',
      root: '/app',
      name: 'shop',
      version: '1.0.0',
      osPid: '7',
      uptimeMs: 1,
    },
    ...{ booted: true, mode: 'embedded', sasl: true, heart: false, writable: true, codePath: ['/app/lib'] },
    ...{ applications: runs(release()).applications, modules: runs(release()).modules },
  };
  const registrations = { names: ['a', 'b'], tables: ['{t,set,public,1}'], terms: ['x'] };
  const facts = {
    ...{ identity, tree, registrations, settings: [['shop', 'key', '<<"x">>']] },
    states: [
      {
        place: 'shop/till',
        module: 'till',
        shape: { struct: 'S', members: { a: { elements: ['none'] } } },
        sketch: 'x',
      },
    ],
  };
  const contents = { tables: [{ table: 't', rows: [{ key: 'k', row: '{k,1}' }] }], skipped: ['u'] };
  const note = { pid: '<0.1.0>', name: 'n', modules: ['m'] };
  const check = {
    ...{ held: 1, supervisors: [{ path: 'p', why: 'w' }], wouldDie: [note], unanswering: [note], unsupervised: [note] },
    ...{ funs: [{ place: 'p', module: 'm' }], unseen: ['t'], hosts: { m: 2 }, counts: { m: 1 } },
  };
  const state = {
    ...{
      bootedAt: 1,
      releases: [{ name: 'shop', version: '1', status: 'permanent' }],
      tree,
      environment: [['a', 'b', 'c']],
    },
    ...{
      unloaded: ['x'],
      foreign: ['y'],
      files: [{ module: 'm', digest: null, changedAt: 5 }],
      oldCode: [note],
      suspended: [note],
    },
  };
  const installed = {
    ...{ result: 'installed', microseconds: 5, held: 1, identity, environment: { matching: 1, differing: [] } },
    ...{ tree: { applications: tree }, registered: { before: registrations, now: registrations }, remaining: [] },
    ...{ oldCode: [note], watched: [{ pid: 'p', module: 'm' }], notMigrated: [note] },
  };
  const vm = {
    pid: '1',
    user: '0:0',
    bin: '/app/bin',
    root: '/app',
    args: [],
    distribution: { flag: '-sname', node: 'a' },
  } as const;

  it('what a node answers in the place of the agent', async () => {
    await tried(async (random, nth) => {
      /** A node whose answers are spoiled, or cut off, or no JSON. */
      const nodeOf = (answer: unknown) => {
        const json = jsonOf({ ok: random() < 0.05 ? answer : spoiled(answer, random) });
        const text = random() < 0.05 ? json.replaceAll('"', '') : json;
        const stdout = Buffer.from(`noise\nhot-deploy-answer ${text}\n`);
        const engine = { exec: async () => ({ exitCode: 0, stdout, stderr: Buffer.alloc(0) }) };
        return new Node({ engine: engine as unknown as Engine, container: 'web', vm });
      };
      const asks = [
        async () => {
          const read = await readFacts(nodeOf(facts), 'salt');
          const known = { ...facts, contents } as never;
          const whole = { ...read, contents };
          steadyFacts(whole, known);
          compareFacts(steadyFacts(known, whole), known, { before: read.registrations, now: registrations }, ['m']);
          compareTrees(read.tree, tree);
          const boot = { kind: 'booted', facts: steadyFacts(whole, whole), salt: '', ms: 1 } as const;
          compareSupervision(read.tree, { old: boot, new: { ...boot, facts: known } }, ['shop']);
        },
        async () => {
          const read = await readContents(nodeOf(contents), 'salt');
          steadyContents(read, contents);
          missingEffects(read, contents, read);
        },
        async () => {
          const told = await ready(nodeOf({ identity, check }), { loads: [], updates: [] }, 1);
          JSON.stringify(judgeProcesses(told.check, 'relup'));
          compare(runs(release(), told.identity as never), release());
        },
        async () => {
          const became = await readState(nodeOf(state), 'salt');
          const meant = { reference: 'app', madeFrom: true, release: release(), beams: {} };
          const startup = parseStartup(`boots 1\nloaded ${became.foreign[0]}\ndecided ${became.unloaded[0]}`, []);
          const configured = became.environment;
          const boot = { state: became, configured, noise: new Set<string>() };
          const image = { settings: [], files: [], overlays: [] };
          const seen = { running: runs(release()), state: became, configured, startup, beams: {}, meant, boot, image };
          compareWithImage({ ...seen, created: '2026-01-01T00:00:00Z' });
        },
        async () => {
          const config = { root: '/app', version: '2', running: '1', applications: [] };
          const prepared = nodeOf(installed).prepare(config, { file: 'f', sha256: 's' }, 1_000);
          const request = { to: '2', updates: [], loads: [], gone: [], direction: 'up', suspendTimeoutMs: 1 };
          await switchRelease(prepared, { ...request, baseline: { salt: '', values: [] } } as never);
        },
      ];
      await asks[nth % asks.length]?.();
      return true;
    });
  });

  it('what a shell in a container prints', async () => {
    const printed = [
      ...['vm 7', 'uid 0', 'gid 0', 'arg /app/erts-13.1.5/bin/beam.smp', 'arg -root', 'arg /app', 'arg -bindir'],
      ...['arg /app/erts-13.1.5/bin', 'arg -sname', 'arg app@host', 'arg -boot', 'arg /app/releases/1/start'],
      ...[
        `${'a'.repeat(64)}  lib/x`,
        'lrwxrwxrwx 1 0 0 5 Jan 1 2026 lib/y -> z',
        'owner 1 2',
        'if [ -x a ]; then exec "$@"; fi',
      ],
    ];
    await tried(async (random) => {
      const text = (spoiled(printed, random, 'texts') as readonly string[]).join('\n');
      const stdout = Buffer.from(text);
      parseVms(text);
      readListing(stdout);
      statementsOf(text);
      parseStartup(text, []);
      const engine = { exec: async () => ({ exitCode: 0, stdout, stderr: stdout }) } as unknown as Engine;
      await readRunning(engine, container as never, {});
      return true;
    });
  });

  it('tar archives', async () => {
    const plain = (path: string, data: Buffer | string = '', more: Partial<Entry> = {}): Entry => ({
      ...{ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: new Date(1_000), data: Buffer.from(data), ...more },
    });
    const whole = await packEntries([
      plain('hot-deploy', '', { type: 'directory' }),
      plain('hot-deploy/000001-stop.json', JSON.stringify(entry), { uid: 2 ** 31 }),
      plain(`hot-deploy/${'long'.repeat(60)}.json`, 'x'.repeat(1_000)),
      plain('hot-deploy/link', '', { type: 'symlink', link: '/etc/passwd' }),
    ]);
    /** Whole headers have to add up, or nothing of them is read. */
    const summed = (tar: Buffer) => {
      for (let at = 0; at + 512 <= tar.length; at += 512) {
        if (tar.subarray(at + 257, at + 262).toString() !== 'ustar') continue;
        let sum = 8 * 32;
        for (let byte = 0; byte < 512; byte += 1) if (byte < 148 || byte >= 156) sum += tar[at + byte] ?? 0;
        tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
      }
      return tar;
    };
    const kinds = ['0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', 'M', 'V', '\0', '\xff'];
    await tried(async (random, nth) => {
      const pick = (most: number) => Math.floor(random() * most);
      let tar = Buffer.from(whole);
      for (let times = 1 + pick(6); times > 0; times -= 1) {
        const header = 512 * pick(Math.floor(tar.length / 512));
        const way = random();
        if (way < 0.3) tar[pick(tar.length)] = pick(256);
        else if (way < 0.5) tar.write(kinds[pick(kinds.length)] ?? '0', header + 156, 'latin1');
        else if (way < 0.7)
          tar.write(
            ['77777777777', '00000000000', '00000001000', '-0000000001', '\x80\xff\xff\xff'][pick(5)] ?? '',
            header + 124,
            'latin1',
          );
        else if (way < 0.8)
          tar.write(
            ['../../x', '/etc/x', './', '99 path=../x\n', '30 size=99999999\n', 'x'.repeat(100)][pick(6)] ?? '',
            header,
            'latin1',
          );
        else if (way < 0.9) tar = Buffer.from(tar.subarray(0, pick(tar.length)));
        else tar = Buffer.concat([tar.subarray(0, header), tar.subarray(512 * pick(tar.length / 512))]);
        if (tar.length < 512) return false;
      }
      if (random() < 0.8) summed(tar);
      const engine = { getArchive: async () => tar };
      const reads = [
        async () => {
          const entries = await unpack(tar, nth % 8 < 4 ? 'refused' : 'passed over');
          for (const { path } of entries) expect(path.split('/')).not.toContain('..');
          await packEntries(entries);
        },
        () => readJournal(withJournal(engine), 'production'),
        () => takeFolder(engine, 'web', '/x'),
        () => takeFile({ getArchive: async () => tar.subarray(512) }, 'web', '/x'),
      ];
      await reads[nth % reads.length]?.();
      return true;
    });
  });

  it('what comes into a report', async () => {
    const reports = [
      sample,
      rolledBack,
      { ...sample, message: 'x', warnings: ['y'], recovered: [{ container: 'a', what: 'undone', how: 'b' }] },
    ];
    await tried((random, nth) => {
      const report = spoiled(reports[nth % reports.length], random, 'texts') as Report;
      const log = spoiled(['a line', 'another'], random, 'texts') as readonly string[];
      const comment = () => renderComment(report, { history: [], log });
      const shown = [
        () => expect(comment().length).toBeLessThanOrEqual(65_536),
        () => renderSummary(report),
        () => renderTerminal(report),
        () => JSON.parse(asJson(report)),
        () => renderOutputs(report, 'report.json'),
        // It takes longer than all others together.
        () => nth % 40 === 0 && renderPreview(comment(), verdict(report), report.timeline),
      ];
      shown[Math.floor(nth / reports.length) % shown.length]?.();
      return true;
    });
  });
});
