import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const strategyFolders = readdirSync('src/strategies', { withFileTypes: true }).flatMap((each) =>
  each.isDirectory() ? `strategies/${each.name}` : [],
);

/** The rooms of src, the lowest first: a file imports only from its own room and from those before it. */
const rooms = [
  ...[
    'system',
    'engines',
    'node',
    'reasons',
    'release',
    'targets',
    'probe',
    'deployment',
    'config',
    'journal',
    'analysis',
  ],
  ...['strategies', 'hot-load', ...strategyFolders, 'drift', 'report', 'source', 'rollout', 'recovery'],
  ...['rollback', 'leavings', 'fallback', 'github', 'commands', ''],
];
/** The list of strategies is above them. */
const registry = 'strategies/index.ts';

const files = (function list(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? list(path) : name.endsWith('.ts') ? [path] : [];
  });
})('src').map((path) => relative('src', path));

function roomOf(file: string): number {
  const folder = dirname(file);
  const matching = rooms.filter((room) => folder === room || folder.startsWith(`${room}/`));
  const [room = ''] = matching.toSorted((one, other) => other.length - one.length);
  return file === registry ? rooms.indexOf(strategyFolders.at(-1) ?? '') : rooms.indexOf(folder === '.' ? '' : room);
}

const imports = files.flatMap((file) =>
  [...readFileSync(join('src', file), 'utf8').matchAll(/from '(\.[^']+)\.js'/g)].map(([, path = '']) => ({
    file,
    target: `${join(dirname(file), path)}.ts`,
  })),
);

describe('the house', () => {
  it('has two front doors, and every other file is in a room', () => {
    expect(files.filter((file) => dirname(file) === '.')).toEqual(['action.ts', 'cli.ts']);
    expect(files.filter((file) => dirname(file) !== '.' && roomOf(file) === rooms.indexOf(''))).toEqual([]);
  });

  it('has no arrow up: a room uses those below it', () => {
    const up = imports.filter(({ file, target }) => roomOf(target) > roomOf(file));
    expect(up.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('has no circle: what a file imports does not import it, over however many files', () => {
    const open = new Map(files.map((file) => [file, new Set<string>()]));
    for (const { file, target } of imports) if (target !== file && open.has(target)) open.get(file)?.add(target);
    for (let leaves = [''] as readonly string[]; leaves.length > 0; ) {
      leaves = [...open].flatMap(([file, targets]) => (targets.size === 0 ? [file] : []));
      for (const leaf of leaves) open.delete(leaf);
      for (const targets of open.values()) for (const leaf of leaves) targets.delete(leaf);
    }
    expect([...open.keys()]).toEqual([]);
  });

  it('has no strategy that knows another one', () => {
    const strategy = (file: string) => /^strategies\/([^/]+)\//.exec(file)?.[1];
    const across = imports.filter(({ file, target }) => {
      const [from, to] = [strategy(file), strategy(target)];
      return from !== undefined && to !== undefined && from !== to;
    });
    expect(across.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('has no file of more than 300 lines', () => {
    const long = files.filter((file) => readFileSync(join('src', file), 'utf8').split('\n').length > 301);
    expect(long).toEqual([]);
  });
});
