import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Entry, packEntries, sha256, UnsafeArchive, unpack } from '../../src/release/archive.js';

type Foreign = Partial<Header> & { readonly name: string };

/** An archive as somebody else may have made it. */
async function archive(...headers: readonly Foreign[]): Promise<Buffer> {
  const stream = pack();
  for (const header of headers) {
    if (header.type === undefined) stream.entry({ ...header }, 'content');
    else stream.entry({ ...header });
  }
  stream.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

afterEach(() => {
  vi.useRealTimers();
});

const name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 60 })
  .map((characters) => characters.replace(/[\0/]/g, '_'))
  .filter((characters) => characters !== '.' && characters !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 8 }).map((names) => names.join('/'));
const id = fc.oneof(fc.nat(70_000), fc.nat(2 ** 31 - 1));
// Nobody may do anything with a file of mode 0, which tar-stream takes for one of no mode.
const owned = { path, mode: fc.integer({ min: 1, max: 0o7777 }), uid: id, gid: id };
const nothing = fc.constant(Buffer.alloc(0));
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    ...owned,
    type: fc.constant('file' as const),
    data: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({ ...owned, type: fc.constant('directory' as const), data: nothing }),
  fc.record({ ...owned, type: fc.constant('symlink' as const), link: path, data: nothing }),
);

describe('an archive', () => {
  it('is unpacked to the very entries that were packed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
        expect(await unpack(await packEntries(entries))).toEqual(entries);
      }),
    );
  });

  it('has the same bytes whenever the same is packed, and other bytes for other content', async () => {
    const data = (text: string): Entry => ({
      path: 'a',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      data: Buffer.from(text),
    });
    const first = sha256(await packEntries([data('one')]));
    vi.setSystemTime('2031-01-01');
    expect(sha256(await packEntries([data('one')]))).toBe(first);
    expect(sha256(await packEntries([data('two')]))).not.toBe(first);
  });

  it('holds its paths below the place it is unpacked in, whatever they begin and end with', async () => {
    const paths = ['/etc/passwd', '//etc//hosts', './lib', '/./app', 'bin/..shop', '...'];
    const tar = await archive(...paths.map((each) => ({ name: each })), { name: './releases/', type: 'directory' });
    expect((await unpack(tar)).map((one) => one.path)).toEqual([
      ...['etc/passwd', 'etc//hosts', 'lib', 'app', 'bin/..shop', '...'],
      'releases',
    ]);
  });

  it('gives a hard link the content of the file before it', async () => {
    const tar = await archive(
      { name: 'lib/kv.beam' },
      { name: 'lib/same.beam', type: 'link', linkname: 'lib/kv.beam' },
    );
    const [first, second] = await unpack(tar);
    expect(second).toMatchObject({ path: 'lib/same.beam', type: 'file', data: first?.data });
    expect(second?.data.toString()).toBe('content');
  });

  it('that was cut off is no archive', async () => {
    const whole = await archive({ name: 'lib/kv.beam' });
    await expect(unpack(whole.subarray(0, 515))).rejects.toThrow('Unexpected end of data');
    await expect(unpack(whole.subarray(0, 300))).rejects.toThrow('Unexpected end of data');
    await expect(unpack(Buffer.alloc(2_048, 'no tar'))).rejects.toThrow('Invalid tar header');
  });
});

describe('refused is', () => {
  it.each(['..', '../etc/passwd', '/../etc/passwd', 'lib/../../etc/passwd', './..', 'lib/..'])(
    'the path %s',
    async (at) => {
      for (const type of ['file', 'directory', 'symlink'] as const) {
        const header = { name: at, ...(type !== 'file' && { type }), ...(type === 'symlink' && { linkname: 'x' }) };
        await expect(unpack(await archive({ name: 'before' }, header))).rejects.toThrow(
          new UnsafeArchive(`The archive holds the path ${JSON.stringify(at)}, which leads out of it.`),
        );
      }
    },
  );

  it.each([
    ['link', { linkname: '/etc/passwd' }],
    ['character-device', { devmajor: 1, devminor: 3 }],
    ['block-device', { devmajor: 8, devminor: 0 }],
    ['fifo', {}],
  ] as const)('a %s', async (type, more) => {
    await expect(unpack(await archive({ name: 'before' }, { name: 'dev', type, ...more }))).rejects.toThrow(
      new UnsafeArchive(`The archive holds "dev", a ${type}.`),
    );
  });
});

it('a file keeps its time of modification, which a web server makes an ETag of', async () => {
  const mtime = new Date('2026-01-02T03:04:05.000Z');
  const [unpacked] = await unpack(await archive({ name: 'app.css', mtime }));
  expect(unpacked).toMatchObject({ path: 'app.css', mtime });
  expect((await unpack(await packEntries([unpacked as Entry])))[0]).toEqual(unpacked);
});
