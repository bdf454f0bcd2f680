import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createCommand } from '../../src/fallback/create-command.js';
import { quote } from '../../src/fallback/quote.js';
import { script } from '../../src/fallback/script.js';
import { container, image } from '../engines/created.js';
import { itNightly } from '../support/nightly.js';
import { everything } from '../support/tier.js';
import { hostile, variants } from './variants.js';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hot-deploy-fallback-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Debian has packages of both, and script/test installs them where it may. */
const absent = ['shellcheck', 'shfmt'].filter(
  (linter) => !(process.env['PATH'] ?? '').split(':').some((each) => existsSync(join(each, linter))),
);
const missing = `${absent.join(' and ')} not installed: apt-get install ${absent.join(' ')}`;

/** What the linters find in a script, or in a part of it; nothing where it is clean. */
async function lint(name: string, text: string, part = false): Promise<string> {
  const path = join(folder, `${name}.sh`);
  await writeFile(path, text);
  const found = await Promise.all(
    [
      ['bash', '-n', path],
      // What a part sets, the rest reads.
      ['shellcheck', '--severity', 'style', ...(part ? ['--exclude', 'SC2034,SC2154'] : []), path],
      ['shfmt', '-i', '2', '-d', path],
    ].map(([program = '', ...words]) =>
      run(program, words).then(
        ({ stdout }) => stdout,
        (error: { stdout?: string }) => `${error.stdout}\n${String(error)}`,
      ),
    ),
  );
  return found.join('').trim();
}

/** Up to where what all scripts have in common begins. */
const own = (text: string) => text.slice(0, text.indexOf('# --- what a shell inside a container is given ---'));

describe.each(Object.entries(variants))('the script of %s', (name, variant) => {
  it('is the golden one', async () => {
    await expect(own(script(variant))).toMatchFileSnapshot(`golden/${name}.sh`);
  });

  it('is clean to shellcheck, shfmt and bash itself, in what is its own', async ({ skip }) => {
    skip(absent.length > 0, missing);
    expect(await lint(name, `${own(script(variant)).trimEnd()}\n`, true)).toBe('');
  }, 120_000);

  // Seconds each: most of the text is common to all.
  (name === 'plain' ? it : itNightly)(
    'is clean to them as a whole',
    async ({ skip }) => {
      skip(absent.length > 0, missing);
      expect(await lint(name, script(variant))).toBe('');
    },
    120_000,
  );
});

test('what all scripts have in common has lines of at most 120 characters, and so many of them', () => {
  const { plain } = variants;
  if (plain === undefined) throw new Error('there is no plain variant');
  const lines = script(plain).trimEnd().split('\n');
  expect(lines.filter((line) => line.length > 120)).toEqual([]);
  // Whoever adds to it thinks of whoever reads it at night.
  expect(lines.length).toBeLessThanOrEqual(1_725);
});

test('no value of the environment or of a build argument is in it without --with-env', () => {
  for (const variant of Object.values(variants)) {
    const text = script({ ...variant, withEnv: false });
    const values = variant.containers.flatMap(({ container: { Config: config } }) => config.Env ?? []);
    const secrets = [...values, ...(variant.inputs.build?.args ?? [])].map((entry) => entry.split('=')[1] ?? '');
    for (const secret of secrets.filter(
      (value) => value.length > 6 && value !== '--privileged' && !hostile.includes(value),
    )) {
      expect(text).not.toContain(secret);
    }
  }
});

test('bash reads every word back as it was', async () => {
  const words = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(...'\'"\\$`!&;#~*?[]{}()<>| \t\r\n-=é\u{1f980}\u202e\u0001\u007f\u0085'.split('')),
      }),
      fc.constantFrom(...hostile),
    ),
    { minLength: 1, maxLength: 30 },
  );
  // In one bash: to start it takes longer than all the rest.
  const texts = fc
    .sample(words, 60)
    .flat()
    .map((word) => word.replaceAll('\0', '').toWellFormed());
  const source = `export LC_ALL=C\nwords=(\n${texts.map((text) => `  ${quote(text)}\n  ${quote(`--flag=${text}`)}`).join('\n')}\n)\nprintf '%s\\0' "\${words[@]}"`;
  const path = join(folder, 'words.sh');
  await writeFile(path, source);
  const { stdout } = await run('bash', [path], { encoding: 'buffer', maxBuffer: 64 * 1_048_576 });
  expect(stdout.toString().split('\0').slice(0, -1)).toEqual(texts.flatMap((text) => [text, `--flag=${text}`]));
}, 60_000);

test('scripts of random settings are clean too', async ({ skip }) => {
  skip(absent.length > 0, missing);
  const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary' }));
  const settings = fc.record({
    Env: fc.array(
      text.map((value) => `KEY=${value}`.replaceAll('\0', '')),
      { maxLength: 4 },
    ),
    Labels: fc.dictionary(text, text, { maxKeys: 4 }),
    Cmd: fc.array(text, { maxLength: 4 }),
    User: text,
    Entrypoint: fc.option(fc.array(text, { maxLength: 3 })),
  });
  await fc.assert(
    fc.asyncProperty(settings, fc.boolean(), async (config, withEnv) => {
      const from = image();
      const one = { container: container({ config }, from), oldImage: from };
      const { plain } = variants;
      if (plain === undefined) throw new Error('there is no plain variant');
      expect(await lint('random', `${own(script({ ...plain, withEnv, containers: [one] })).trimEnd()}\n`, true)).toBe(
        '',
      );
    }),
    { numRuns: everything ? 20 : 4 },
  );
}, 120_000);

test('every field of HostConfig is said, or said to be missing', () => {
  const from = image();
  const said = createCommand(container({ hostConfig: { NoSuchField: 1, KernelMemory: 5, Memory: 64 } }, from), from);
  expect(said.options).toContain('--memory=64');
  expect(said.unsaid.join()).toMatch(/NoSuchField.*KernelMemory/);
});
