import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import { script } from '../../src/fallback/script.js';
import type { EntryDetails, Step } from '../../src/journal/entry.js';
import { readJournal } from '../../src/journal/journal.js';
import { search } from '../../src/node/vm.js';
import { file, packEntries } from '../../src/release/archive.js';
import { journalOn } from '../journal/entries.js';
import { standIn } from '../support/docker/stand-in.js';
import { modelClock } from '../support/model/clock.js';
import { modelEngine } from '../support/model/engine.js';
import type { Program } from '../support/model/program.js';

/** What a node runs, and what its container boots. */
interface Node {
  runs: '1' | '2' | 'nothing that it says' | 'what a later run brought';
  boots: '1' | '2';
  /** What was done on it, in its order. */
  readonly done: string[];
  /** Who has asked it. */
  readonly by: Set<string>;
}

const vm = [
  'vm 7',
  'uid 0',
  'gid 0',
  'arg beam',
  ...['-root', '/app', '-bindir', '/bin', '-sname', 'app'].map((arg) => `arg ${arg}`),
];

/** A VM that takes the words of the bundle below. */
function program(nodes: ReadonlyMap<string, Node>): Program {
  return {
    stops: { afterMs: 0, code: 0 },
    answer: ({ argv, stdin }, { container }) => {
      const node = nodes.get(container);
      if (node === undefined) return undefined;
      const said = (words: string) => ({ stdout: `\nhot-deploy-answer {"ok":"${words}"}\n` });
      if (argv[2]?.trim() === search.trim()) return { stdout: `${vm.join('\n')}\n` };
      const last = String(stdin ?? '')
        .trim()
        .split('\n')
        .at(-1);
      const lines = Buffer.from(last ?? '', 'base64')
        .toString('utf8')
        .split('\n');
      const { ask, way, token, environment } = Object.fromEntries(lines.map((line) => line.split(/ (.*)/s)));
      const asked = way === undefined ? ask : `${ask}-${way}`;
      node.by.add(`${environment} ${token}`);
      if (node.runs === 'nothing that it says') return { exitCode: 1 };
      if (node.runs === 'what a later run brought') {
        return { stdout: '\nhot-deploy-answer {"detail":"a later run","error":"overtaken"}\n' };
      }
      switch (asked) {
        case 'state':
          return said(node.runs === '1' ? 'old' : `new ${node.boots === '2' ? 'permanent' : 'current'}`);
        case 'ready':
          return said(node.runs === '1' ? 'ok' : 'already');
        case 'unload':
          return said('left 0');
        case 'install-up':
        case 'install-down':
          node.done.push(asked);
          node.runs = asked === 'install-up' ? '2' : '1';
          return said('installed');
        case 'permanent':
        case 'unstage':
          node.done.push(asked);
          if (asked === 'permanent') node.boots = '2';
          return said(asked);
        default:
          return undefined;
      }
    },
  };
}

const about = `schema 3
from 1
to 2
image-from sha256:1
image-to sha256:2
root /app
sha256-up a
checksums-up releases/2/sums
sha256-down b
checksums-down releases/2/sums
directory releases/2
`;

/** Every word of it is taken as it is: what it means is between the bundle and the node. */
async function bundle(): Promise<Buffer> {
  const resolving = ['was-up', 'was-down', 'resolve-up', 'resolve-down'];
  const files: Readonly<Record<string, string>> = {
    ...{ about, 'ask.sh': 'ask', 'install.sh': 'install', evaluate: 'evaluate' },
    ...{ 'ask.erl': '@WORDS@', 'install.erl': '@WORDS@' },
    ...Object.fromEntries(resolving.map((name) => [`${name}.erl`, name])),
  };
  const entries = Object.entries(files).map(([name, text]) => file(`hot-deploy/${name}`, text));
  const folder = { path: 'releases/2', type: 'directory', mode: 0o755, uid: 0, gid: 0, data: Buffer.alloc(0) } as const;
  return gzipSync(await packEntries([...entries, folder, file('releases/2/sums', 'none  releases/2/relup\n')]));
}

const names = ['web-1', 'web-2'];

/** Containers that were left at these steps, and what the script makes of them. */
async function hot(left: Readonly<Record<string, { readonly step: Step; readonly runs: Node['runs'] }>>) {
  const clock = modelClock();
  const model = modelEngine(clock);
  const nodes = new Map<string, Node>();
  const v1 = model.image('app:1', { program: program(nodes), files: { '/app/releases/': '' } });
  const containers: ContainerDetails[] = [];
  const { journal, release } = await journalOn(model.engine, v1.Id, { environment: 'model' });
  for (const name of names) {
    const container = await model.run(name, { Image: 'app:1' });
    containers.push(container);
    const { step, runs = '1' } = left[name] ?? {};
    nodes.set(container.Id, { runs, boots: '1', done: [], by: new Set() });
    const details: EntryDetails = {
      ...{ run: 'run-a', task: 'deploy', way: 'relup', container: name, id: container.Id, nonce: 'n' },
      ...{ from: { image: 'sha256:1', version: '1' }, to: { image: 'sha256:2', version: '2' }, fleet: names },
      ...{ environment: 'model', by: 'ada', brought: ['releases/2'], root: '/app' },
    };
    if (step !== undefined) await journal.write(details, step);
  }
  await release();
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-bundle-'));
  await writeFile(join(folder, 'bundle'), await bundle());
  const docker = await standIn(model.engine, clock);
  const inputs = {
    ...{ environment: 'model', image: 'app:2', context: '.', keep: 3, lockTimeoutMs: 1_000 },
    ...{ soakMs: 300, drainMs: 300, suspendTimeoutMs: 100 },
  };
  const text = script({
    inputs,
    withEnv: false,
    containers: containers.map((container) => ({ container, oldImage: v1 })),
  });
  const ran = await docker.run(text, ['hot', join(folder, 'bundle')]);
  await docker.close();
  await rm(folder, { recursive: true });
  const entries = await readJournal(model.engine, 'model');
  const of = (name: string) => {
    const node = nodes.get(containers[names.indexOf(name)]?.Id ?? '');
    const written = entries
      .filter(({ container }) => container === name)
      .map(({ run, step }) => (run === 'run-a' ? step : `then ${step}`));
    return { ...node, written };
  };
  return { ran, of };
}

const again = ['then stage', 'then switch', 'then settle', 'then done'];

describe('a hot load that was cut off', () => {
  it('goes on to its end on the whole fleet where one container had begun to settle, also where another has booted the old version', async () => {
    const { ran, of } = await hot({ 'web-1': { step: 'settle', runs: '2' }, 'web-2': { step: 'switch', runs: '1' } });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(of('web-1')).toMatchObject({ boots: '2', done: ['permanent'], written: ['settle', 'settle', 'done'] });
    expect(of('web-2')).toMatchObject({
      boots: '2',
      done: ['install-up', 'permanent'],
      written: ['switch', 'settle', 'done'],
    });
  });

  it('goes back where none had, by what its node says, and is then carried out anew', async () => {
    const { ran, of } = await hot({ 'web-1': { step: 'switch', runs: '2' }, 'web-2': { step: 'stage', runs: '1' } });
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const anew = ['install-up', 'permanent'];
    expect(of('web-1')).toMatchObject({ boots: '2', done: ['install-down', 'unstage', ...anew] });
    expect(of('web-1').written).toEqual(['switch', 'bring-back', 'undone', ...again]);
    expect(of('web-2')).toMatchObject({
      boots: '2',
      done: ['unstage', ...anew],
      written: ['stage', 'undone', ...again],
    });
  });

  it('is left as it is where its node says nothing', async () => {
    const { ran, of } = await hot({ 'web-1': { step: 'switch', runs: 'nothing that it says' } });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('does not say what it runs') });
    expect(of('web-1')).toMatchObject({ done: [], written: ['switch'] });
  });

  it('is left alone where the node says that a later run has changed it', async () => {
    const { ran, of } = await hot({ 'web-1': { step: 'switch', runs: 'what a later run brought' } });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('this run changes nothing more') });
    expect(of('web-1')).toMatchObject({ done: [], written: ['switch'] });
    // The token is the time of the lock, by the engine's clock.
    expect([...(of('web-1').by ?? [])]).toEqual([expect.stringMatching(/^model \d{10}$/)]);
  });
});
