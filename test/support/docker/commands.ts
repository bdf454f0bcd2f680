import { readFile, stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { EngineError } from '../../../src/engines/call.js';
import type { ContainerDetails } from '../../../src/engines/details.js';
import type { Engine } from '../../../src/engines/engine.js';
import { type Entry, packEntries } from '../../../src/release/archive.js';
import { contained } from './folder.js';
import { filled } from './template.js';
import { all, creation, given, last, type Options } from './words.js';

/** One call of the CLI, and what there is of the process that made it. */
export interface Call {
  readonly engine: Engine;
  readonly words: readonly string[];
  /** What stands in its standard input, up to its end. */
  input(): Promise<Buffer>;
  /** A file by a name that the process itself would read. */
  file(path: string): string;
  environment(): Promise<Readonly<Record<string, string>>>;
}

export interface Said {
  readonly code?: number;
  readonly out?: string | Buffer;
  readonly err?: string;
}

type Command = (call: Call) => Promise<Said>;

const daemon = 'Error response from daemon:';
const noneOf = (id: string): Said => ({ code: 1, err: `Error: No such container: ${id}\n` });
const must = async ({ engine }: Call, id: string): Promise<ContainerDetails> =>
  (await engine.findContainer(id)) ??
  Promise.reject(new EngineError(id, { cause: new Error(`No such container: ${id}`) }));

/** Every command of the script, and nothing else. */
const commands: Readonly<Record<string, Command>> = {
  version: async () => ({ out: '20.10.24\n' }),
  ps: listed,
  inspect: async (call) => {
    const options = given(call.words, { '--type': 'value', '--format': 'value' });
    const [id = ''] = options.rest;
    const found = await call.engine.findContainer(id);
    return found === undefined ? noneOf(id) : { out: `${filled(last(options, '--format') ?? '', found)}\n` };
  },
  image: async (call) => {
    const [, ...words] = only(call, 'inspect');
    const options = given(words, { '--format': 'value' });
    const [reference = ''] = options.rest;
    const found = await call.engine.findImage(reference);
    return found === undefined
      ? { code: 1, err: `Error: No such image: ${reference}\n` }
      : { out: `${filled(last(options, '--format') ?? '', found)}\n` };
  },
  create: async (call) => {
    const own = await call.environment();
    const linesOf = async (path: string) =>
      (await readFile(call.file(path), 'utf8')).split('\n').filter((line) => line !== '');
    const { name, spec } = await creation(call.words, { linesOf, own });
    return { out: `${await call.engine.createContainer(name, spec)}\n` };
  },
  start: each((call, id) => call.engine.startContainer(id)),
  stop: each((call, id) => call.engine.stopContainer(id)),
  restart: each(async ({ engine }, id) => {
    await engine.stopContainer(id);
    await engine.startContainer(id);
  }),
  rm: async (call) => {
    const options = given(call.words, { '--force': 'none', '--volumes': 'none' });
    const [id = ''] = options.rest;
    await must(call, id);
    const [force, volumes] = ['--force', '--volumes'].map((flag) => last(options, flag) !== undefined);
    await call.engine.removeContainer(id, { force: force === true, volumes: volumes === true });
    return { out: `${id}\n` };
  },
  rename: async ({ engine, words: [id = '', name = ''] }) => {
    await engine.renameContainer(id, name);
    return {};
  },
  update: async (call) => {
    const options = given(call.words, { '--restart': 'value' });
    const [id = ''] = options.rest;
    const [name = '', most = '0'] = (last(options, '--restart') ?? '').split(':');
    await call.engine.updateRestartPolicy(id, { Name: name, MaximumRetryCount: Number(most) });
    return { out: `${id}\n` };
  },
  tag: async ({ engine, words: [image = '', reference = ''] }) => {
    await engine.tagImage(image, reference);
    return {};
  },
  rmi: async ({ engine, words: [reference = ''] }) => {
    await engine.untagImage(reference);
    return { out: `Untagged: ${reference}\n` };
  },
  network: async (call) => {
    const [way = '', ...words] = only(call, 'connect', 'disconnect');
    const options = given(words, { '--alias': 'value', '--ip': 'value', '--driver-opt': 'value' });
    const [network = '', id = ''] = options.rest;
    if (way === 'connect') await call.engine.connectNetwork(network, id, { Aliases: all(options, '--alias') });
    else await call.engine.disconnectNetwork(network, id);
    return {};
  },
  cp: copied,
  exec: executed,
  logs: async (call) => {
    const options = given(call.words, { '--tail': 'value' });
    return { out: await call.engine.logs(options.rest[0] ?? '', Number(last(options, '--tail'))) };
  },
  diff: async ({ engine, words: [id = ''] }) => ({
    out: (await engine.added(id)).map((path) => `A ${path}\n`).join(''),
  }),
  top: async (call) => {
    await must(call, call.words[0] ?? '');
    return { out: 'PID COMMAND\n1 beam.smp\n' };
  },
  pull: async (call) => {
    const [reference = ''] = given(call.words, {}).rest;
    return { code: 1, err: `${daemon} pull access denied for ${reference}\n` };
  },
};

/** What changes something on the engine: these are struck. The heartbeat has a time of its own, and is not counted. */
export function isChanging([command = '', ...words]: readonly string[]): boolean {
  if (command === 'cp') return !words[1]?.startsWith('-') && !words[1]?.includes(':/heartbeat-');
  return ['create', 'start', 'stop', 'restart', 'rm', 'rename', 'update', 'tag', 'rmi', 'network'].includes(command);
}

export async function carryOut(call: Call): Promise<Said> {
  const [command = '', ...words] = call.words;
  const carried = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (carried === undefined) return { code: 125, err: `the stand-in for docker knows no command ${command}\n` };
  try {
    return await carried({ ...call, words });
  } catch (error) {
    const words =
      error instanceof EngineError && error.cause instanceof Error ? `${daemon} ${error.cause.message}` : error;
    return { code: error instanceof EngineError ? 1 : 125, err: `${words}\n` };
  }
}

function each(work: (call: Call, id: string) => Promise<void>): Command {
  return async (call) => {
    const [id = ''] = given(call.words, {}).rest;
    await work(call, id);
    return { out: `${id}\n` };
  };
}

function only({ words }: Call, ...known: readonly string[]): readonly string[] {
  if (!known.includes(words[0] ?? '')) throw new Error(`the stand-in for docker does not know: ${words.join(' ')}`);
  return words;
}

const listing: Options = { '--all': 'none', '--no-trunc': 'none', '--filter': 'value', '--format': 'value' };

async function listed({ engine, words }: Call): Promise<Said> {
  const options = given(words, listing);
  const filters = all(options, '--filter').map((filter) => /^(label|status|name)=(.*?)(?:=(.*))?$/s.exec(filter));
  const isMeant = ({ labels, state, names }: Awaited<ReturnType<Engine['containers']>>[number]) =>
    filters.every((filter) => {
      const [, kind, name = '', value] = filter ?? [];
      if (kind === 'label') return value === undefined ? name in labels : labels[name] === value;
      if (kind === 'status') return state === name;
      if (kind === 'name') return names.some((one) => `/${one}`.startsWith(name.replace(/^\^/, '')));
      throw new Error(`the stand-in for docker knows no such filter: ${words.join(' ')}`);
    });
  const rows = (await engine.containers()).filter(isMeant).map(({ id, names, labels, state }) => ({
    ...{ ID: id, Names: names.join(','), Status: state },
    Label: (name: string) => labels[name] ?? '',
  }));
  return { out: rows.map((row) => `${filled(last(options, '--format') ?? '', row)}\n`).join('') };
}

async function copied(call: Call): Promise<Said> {
  const { engine } = call;
  const [from = '', to = ''] = given(call.words, {}).rest;
  const [, source = '', taken = ''] = /^([^/:]+):(.*)$/s.exec(from) ?? [];
  const [, target = '', put = ''] = /^([^/:]+):(.*)$/s.exec(to) ?? [];
  if (to === '-') {
    const { Id: id } = await must(call, source);
    const tar = await engine.getArchive(id, taken, Number.POSITIVE_INFINITY);
    return tar ? { out: tar } : missing(taken, source);
  }
  const { Id: id } = await must(call, target);
  if (from === '-') {
    const tar = await call.input();
    await engine.putArchive(id, put, tar[0] === 0x1f ? gunzipSync(tar) : tar);
    return {};
  }
  const path = call.file(from);
  // Into a folder that is there, or under another name; of a folder with a dot behind it what is in it.
  const inside = !from.endsWith('/.') && (put.endsWith('/') || (await engine.stat(id, put))?.isFile === false);
  const [folder, name] = inside ? [put, basename(from)] : [posix.dirname(put), posix.basename(put)];
  if (folder !== '/' && (await engine.stat(id, folder)) === undefined) return missing(folder, target);
  const owned = { uid: 0, gid: 0, mode: 0o600 } as const;
  const entries: readonly Entry[] = (await stat(path)).isDirectory()
    ? await contained(path, name)
    : [{ ...owned, path: name, type: 'file', data: await readFile(path) }];
  await engine.putArchive(id, folder, await packEntries(entries));
  return {};
}

const missing = (path: string, container: string): Said => ({
  code: 1,
  err: `${daemon} Could not find the file ${path} in container ${container}\n`,
});

async function executed(call: Call): Promise<Said> {
  const options = given(call.words, { '--interactive': 'none', '--user': 'value', '--env': 'value' });
  const [id = '', ...argv] = options.rest;
  const own = await call.environment();
  const interactive = last(options, '--interactive') !== undefined;
  const environment = Object.fromEntries(all(options, '--env').map((name) => [name, own[name] ?? '']));
  const { exitCode, stdout, stderr } = await call.engine.exec(id, {
    ...{ argv, environment, timeoutMs: 600_000 },
    ...(interactive && { stdin: (await call.input()).toString() }),
  });
  return { code: exitCode, out: stdout, err: stderr.toString() };
}
