import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateInput } from '../../src/node/shell.js';
import { atom, binary, map, type Term, text, tuple, write } from '../../src/node/term.js';

describe('a term is written as Erlang source', () => {
  it.each<[Term, string]>([
    [0, '0'],
    [-7, '-7'],
    [true, 'true'],
    [false, 'false'],
    [[], '[]'],
    [[1, [2], []], '[1,[2],[]]'],
    [atom('ok'), "'ok'"],
    [atom(''), "''"],
    [atom('Elixir.Shop'), "'Elixir.Shop'"],
    [binary(''), '<<"">>'],
    [binary('cart'), '<<"cart">>'],
    [text(''), '""'],
    [text('/app'), '"/app"'],
    [tuple(), '{}'],
    [tuple(atom('ok'), tuple(1)), "{'ok',{1}}"],
    [map({}), '#{}'],
    [map({ to: text('2'), 'a b': [1] }), `#{'to'=>"2",'a b'=>[1]}`],
    [tuple(atom('apply'), { source: 'fun shop:open/1' }), "{'apply',fun shop:open/1}"],
  ])('%j as %s', (term, source) => {
    expect(write(term)).toBe(source);
  });
});

describe('what a string holds stays in the string', () => {
  it.each([
    ['single quotes', "it's", "it\\'s", "it's", "it's"],
    ['double quotes', 'a"b', 'a"b', 'a\\"b', 'a\\"b'],
    ['backslashes', 'a\\', 'a\\\\', 'a\\\\', 'a\\\\'],
    ['newlines', 'a\nb', 'a\\x{a}b', 'a\\x{a}b', 'a\\x{a}b'],
    ['NUL and DEL', '\0\x7f', '\\x{0}\\x{7f}', '\\x{0}\\x{7f}', '\\x{0}\\x{7f}'],
    ['what looks like an escape', '\\x{41}', '\\\\x{41}', '\\\\x{41}', '\\\\x{41}'],
    ['umlauts', 'ü', '\\x{fc}', '\\x{c3}\\x{bc}', '\\x{fc}'],
    ['emoji', '😀', '\\x{1f600}', '\\x{f0}\\x{9f}\\x{98}\\x{80}', '\\x{1f600}'],
    // Erlang's scanner takes neither as a character; a replacement is better than an expression that nobody can read.
    ['half an emoji', '\ud83d', '\\x{fffd}', '\\x{ef}\\x{bf}\\x{bd}', '\\x{fffd}'],
    ['a character that is none', '\uffff', '\\x{fffd}', '\\x{ef}\\x{bf}\\x{bf}', '\\x{fffd}'],
  ])('%s', (_, string, asAtom, asBinary, asText) => {
    expect([write(atom(string)), write(binary(string)), write(text(string)), write(map({ [string]: 1 }))]).toEqual([
      `'${asAtom}'`,
      `<<"${asBinary}">>`,
      `"${asText}"`,
      `#{'${asAtom}'=>1}`,
    ]);
  });
});

const string = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(...'\'"\\x{}0 \n\0\x7fü😀\ud83d\ude00\ufffe\uffff\ud800'.split('')),
    maxLength: 12,
  }),
);
const key = string.map((name) => name.toWellFormed().replace(/[\ufffe\uffff]/g, ''));

const { term } = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.boolean(),
    string.map(atom),
    string.map(binary),
    string.map(text),
    fc.array(tie('term'), { maxLength: 4 }),
    fc.array(tie('term'), { maxLength: 4 }).map((elements) => tuple(...elements)),
    fc.dictionary(key, tie('term'), { maxKeys: 4 }).map(map),
  ),
}));

it('whatever it holds, the source is plain ASCII on one line', () => {
  fc.assert(
    fc.property(term, (some) => {
      expect(write(some)).toMatch(/^[ -~]+$/);
    }),
  );
});

it('Erlang reads back the very term that was meant', ({ skip }) => {
  skip(spawnSync('erl', ['-noshell', '-eval', 'halt().']).error !== undefined, 'erl is not on the PATH');
  const seed = Date.now();
  const terms = fc.sample(term, { numRuns: 500, seed });
  // As the agent's requests go: source on standard input, read by the runtime's own scanner and parser.
  const pairs = terms.map((some, at) => `{${at},${write(some)},<<"${encode(some).toString('base64')}">>}`);
  const differing = `[At||{At,Term,Meant}<-[${pairs.join(',')}],Term=/=binary_to_term(base64:decode(Meant))]`;
  // Node gives a socket for standard input, which nobody can open anew as /dev/stdin: `cat` makes a pipe of it.
  const { stdout, stderr } = spawnSync('sh', ['-c', 'cat | erl -noshell -noinput -eval "$1"', 'sh', evaluateInput], {
    input: `io:format("differing ~w",[${differing}]),halt(0,[{flush,true}]).\n`,
    encoding: 'utf8',
    env: { ...process.env, ERL_CRASH_DUMP: '/dev/null' },
  });
  expect(`${stdout}${stderr}`, `fast-check seed ${seed}`).toBe('differing []');
});

/**
 * The term in Erlang's external format: what `write` means, said in a second way that needs no escaping.
 * https://www.erlang.org/doc/apps/erts/erl_ext_dist.html
 */
function encode(term: Term): Buffer {
  return Buffer.concat([Buffer.from([131]), encoded(term)]);
}

function encoded(term: Term): Buffer {
  if (typeof term === 'number') return integer(term);
  if (typeof term === 'boolean') return name(String(term));
  if (Array.isArray(term)) return list(term as readonly Term[]);
  if ('atom' in term) return name(scanned(term.atom));
  if ('binary' in term) return sized(109, Buffer.from(term.binary));
  if ('text' in term) return list([...scanned(term.text)].map((character) => character.codePointAt(0) ?? 0));
  if ('tuple' in term) return Buffer.concat([head(105, term.tuple.length), ...term.tuple.map(encoded)]);
  if ('map' in term) {
    const members = Object.entries(term.map);
    return Buffer.concat([
      head(116, members.length),
      ...members.flatMap(([key, value]) => [name(key), encoded(value)]),
    ]);
  }
  throw new Error('Source text has no second way to be said.');
}

// What Erlang's scanner does not take as a character is replaced.
function scanned(characters: string): string {
  return characters.toWellFormed().replace(/[\ufffe\uffff]/g, '\ufffd');
}

function integer(value: number): Buffer {
  const digits = Buffer.alloc(8);
  digits.writeBigUInt64LE(BigInt(Math.abs(value)));
  return Buffer.concat([Buffer.from([110, 8, value < 0 ? 1 : 0]), digits]);
}

function name(characters: string): Buffer {
  const bytes = Buffer.from(characters);
  return Buffer.concat([Buffer.from([118, bytes.length >> 8, bytes.length & 255]), bytes]);
}

function list(elements: readonly Term[]): Buffer {
  return elements.length === 0
    ? Buffer.from([106])
    : Buffer.concat([head(108, elements.length), ...elements.map(encoded), Buffer.from([106])]);
}

function sized(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([head(tag, bytes.length), bytes]);
}

function head(tag: number, size: number): Buffer {
  const bytes = Buffer.from([tag, 0, 0, 0, 0]);
  bytes.writeUInt32BE(size, 1);
  return bytes;
}
