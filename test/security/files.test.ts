import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { LongAnswer } from '../../src/engines/bounded.js';
import { Unreadable } from '../../src/engines/call.js';
import type { ContainerDetails } from '../../src/engines/details.js';
import type { Engine } from '../../src/engines/engine.js';
import { readManifest } from '../../src/hot-load/stored-manifest.js';
import { lastHeartbeat } from '../../src/journal/heartbeat.js';
import { readJournal } from '../../src/journal/journal.js';
import { packEntries, UnsafeArchive, unpack } from '../../src/release/archive.js';
import { takeFile, takeFolder } from '../../src/release/taken.js';
import { copyInjected, injected } from '../../src/strategies/recreate/injected.js';
import { entry } from '../journal/entries.js';
import { memory, withJournal } from './hostile.js';

type Foreign = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

async function archive(...headers: readonly Foreign[]): Promise<Buffer> {
  const stream = pack();
  for (const { content, ...header } of headers) stream.entry(header, content ?? '');
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** An engine with one archive, of whatever is asked. */
const holding = (tar: Buffer | undefined): Pick<Engine, 'getArchive'> => ({
  getArchive: async (_, path, mostBytes) => {
    if (tar === undefined || tar.length <= mostBytes) return tar;
    const cause = new LongAnswer(mostBytes);
    throw new Unreadable(`Could not read ${path}: ${cause.message}.`, cause);
  },
});

const odd: readonly (readonly [what: string, headers: readonly Foreign[]])[] = [
  ['a symbolic link', [{ name: 'file', type: 'symlink', linkname: '/etc/shadow' }]],
  ['a hard link to another', [{ name: 'file', type: 'link', linkname: '/etc/shadow' }]],
  ['a pipe', [{ name: 'file', type: 'fifo' }]],
  ['a device', [{ name: 'file', type: 'character-device', devmajor: 1, devminor: 5 }]],
  [
    'a directory',
    [
      { name: 'file/', type: 'directory' },
      { name: 'file/file', content: 'x' },
    ],
  ],
  ['a larger file', [{ name: 'file', content: Buffer.alloc(5_000) }]],
  ['a file that leads out', [{ name: '../../file', content: 'x' }]],
];

describe('a file in a container', () => {
  it('is taken out of it if it is a plain one', async () => {
    const tar = await archive({ name: 'file', content: 'content' });
    expect((await takeFile(holding(tar), 'web', '/file'))?.data.toString()).toBe('content');
    expect(await takeFile(holding(undefined), 'web', '/file')).toBeUndefined();
  });

  it.each(odd)('is not taken where it is %s', async (_, headers) => {
    const taken = takeFile(holding(await archive(...headers)), 'web', '/file', 4_096);
    await expect(taken).rejects.toBeInstanceOf(Unreadable);
    await expect(taken).rejects.toThrow(/^\/file in container web (is no plain file of at most 4 KiB|cannot be read)/);
  });

  it('is not taken where the archive is damaged, or none', async () => {
    const tar = await archive({ name: 'file', content: 'content' });
    const damaged = [tar.subarray(0, 515), Buffer.from('x'.repeat(512)), Buffer.from([1, 2, 3])];
    for (const each of damaged) {
      await expect(takeFile(holding(each), 'web', '/file')).rejects.toBeInstanceOf(Unreadable);
    }
  });
});

describe('an archive', () => {
  it('that says that a directory has a content has an end all the same', async () => {
    const tar = await archive({ name: 'folder/', type: 'directory' }, { name: 'file', content: 'x' });
    tar.write('00000001750', 124);
    let sum = 8 * 32;
    for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += tar[at] ?? 0;
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const given = unpack(tar).then(
      (entries) => entries.map(({ path }) => path),
      (error: unknown) => error,
    );
    expect(await given).toEqual(['folder', 'file']);
  });

  it('of very many hard links to one large file is refused before it takes their room', async () => {
    const links = Array.from(
      { length: 3_000 },
      (_, at) => ({ name: `${at}`, type: 'link', linkname: 'file' }) as const,
    );
    const tar = await archive({ name: 'file', content: Buffer.alloc(1_048_576) }, ...links);
    const more = await memory(async () => {
      await expect(unpack(tar)).rejects.toBeInstanceOf(UnsafeArchive);
    });
    expect(more).toBeLessThan(60 * 1_048_576);
  });

  it('of very many entries is refused in time', async () => {
    const [entry = Buffer.alloc(0)] = [(await archive({ name: 'file' })).subarray(0, 512)];
    const tar = Buffer.concat([...Array.from({ length: 50_001 }, () => entry), Buffer.alloc(1_024)]);
    await expect(unpack(tar)).rejects.toThrow('The archive holds too much.');
  });
});

describe('a journal', () => {
  it('is what is a plain file of its names, whatever else lies there', async () => {
    const own = entry('stop');
    const mine = JSON.stringify(own);
    const tar = await archive(
      { name: 'journal/', type: 'directory' },
      { name: 'journal/000001-stop.json', type: 'symlink', linkname: '/root/.ssh/authorized_keys' },
      { name: 'journal/000002-stop.json', type: 'fifo' },
      { name: 'journal/000003-stop.json', type: 'directory' },
      { name: 'journal/000004-stop.json', content: mine.replace('"stop"', `"stop"${' '.repeat(70_000)}`) },
      { name: 'journal/000005-stop.json', content: 'torn' },
      { name: 'journal/000006-stop.json', content: mine },
      { name: 'journal/000007-stop.json', type: 'link', linkname: '/etc/passwd' },
    );
    expect(await readJournal(withJournal(holding(tar)), 'production')).toEqual([own]);
  });

  it('of gigabytes, or of a million files, cannot be read', async () => {
    const engine = withJournal(holding(Buffer.alloc(40 * 1_048_576)));
    await expect(readJournal(engine, 'production')).rejects.toThrow('longer than the 32 MiB');
  });
});

describe('what else is read in a container', () => {
  it('has bounds: the sign that a lock is held', async () => {
    for (const [, headers] of odd) {
      await expect(lastHeartbeat(holding(await archive(...headers)) as Engine, 'lock')).rejects.toThrow(Unreadable);
    }
  });

  it('has bounds: the way by which a version came', async () => {
    for (const [, headers] of odd.slice(0, 5)) {
      const found = await readManifest(holding(await archive(...headers)) as Engine, 'web', '/app', '1.0.0');
      expect(found).toMatchObject({ kind: 'damaged', why: expect.stringMatching(/is no plain file|cannot be read/) });
    }
  });

  it('has bounds: a directory of its release', async () => {
    const pipe = await archive({ name: 'ebin/', type: 'directory' }, { name: 'ebin/x', type: 'fifo' });
    await expect(takeFolder(holding(pipe), 'web', '/app/lib/x')).rejects.toThrow(
      '/app/lib/x in container web cannot be read: The archive holds "ebin/x", a fifo.',
    );
  });
});

describe('a file that compose has copied into a container', () => {
  const labels = { 'com.docker.compose.project': 'shop' };
  const old = { Id: 'old', Created: '2026-01-01T00:00:00Z', Config: { Labels: labels }, Mounts: [] };
  const container = old as unknown as ContainerDetails;
  const stat = { isFile: true, permissions: 0o444, size: 7, modified: Date.parse(old.Created) };
  const engineWith = (tar: Buffer, put: Buffer[]) =>
    ({
      ...holding(tar),
      added: async () => ['/run/secret'],
      stat: async (id: string) => (id === 'old' ? stat : undefined),
      putArchive: async (_: string, __: string, each: Buffer) => void put.push(each),
    }) as unknown as Engine;

  it('goes along with its owner and mode', async () => {
    const put: Buffer[] = [];
    const tar = await archive({ name: 'secret', content: 'content', mode: 0o440, uid: 7, gid: 8 });
    await copyInjected(engineWith(tar, put), container, 'fresh');
    const [file] = await unpack(put[0] ?? Buffer.alloc(0));
    expect(file).toMatchObject({ path: 'run/secret', type: 'file', mode: 0o440, uid: 7, gid: 8 });
    expect(file?.data.toString()).toBe('content');
  });

  it.each(odd.slice(0, 5))('does not where it has become %s since it was looked at', async (_, headers) => {
    const put: Buffer[] = [];
    const copied = copyInjected(engineWith(await archive(...headers), put), container, 'fresh');
    await expect(copied).rejects.toBeInstanceOf(Unreadable);
    expect(put).toEqual([]);
  });

  it('is none where there are more files than the engine can tell', async () => {
    const added = async () => {
      throw new Unreadable('Could not list what was added.', new LongAnswer(1));
    };
    expect(await injected({ added } as unknown as Engine, container)).toEqual([]);
  });
});

it('what is packed again for another container has neither owners nor sizes that no archive can hold', async () => {
  const file = {
    path: 'x',
    type: 'file',
    mode: 0o644,
    uid: 4_294_967_295,
    gid: 2 ** 31,
    data: Buffer.from('x'),
  } as const;
  expect(await unpack(await packEntries([file]))).toEqual([file]);
});
