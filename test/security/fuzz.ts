/** Numbers from 0 to 1 that are the same in every run. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const nested = (levels: number): Json => (levels === 0 ? [] : [nested(levels - 1)]);

/** In JSON it stands for lists in lists without an end: nothing could write them that had them. */
const deep = '@deep@';

/** As somebody sends it who does not write it as we do. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value).replaceAll(`"${deep}"`, () => `${'['.repeat(50_000)}${']'.repeat(50_000)}`);
}

/** Texts that somebody might take for something else. */
const texts: readonly string[] = [
  ...['', ' ', '\0', '\n', '\r\n- x', '../../etc/passwd', '/', '..', '__proto__', 'constructor', 'toString', 'null'],
  ...[
    '\ud800',
    '\u202e',
    '\u2028',
    '```',
    '<!-- -->',
    '</details><script>',
    '| a | b |',
    '](javascript:x)',
    '::error::x',
  ],
  ...[
    '##[group]',
    '$(touch /tmp/x)',
    "'; rm -rf /",
    '%s%n',
    '99999999999999999999',
    '1e999',
    '-1',
    'NaN',
    '0001-01-01T00:00:00Z',
  ],
  ...[
    'x'.repeat(9_000),
    'a/'.repeat(3_000),
    '('.repeat(3_000),
    '<random pid>'.repeat(100),
    ' \\'.repeat(2_000),
    '“'.repeat(2_000),
  ],
];
const others: readonly Json[] = [
  ...[null, true, false, 0, -1, 0.5, 2 ** 53, 1e308, -1e308, [], {}, [[]], [null], [{}], nested(150), deep],
  ...[{ length: 1e9 }, { toString: 1 }, JSON.parse('{"__proto__":{"polluted":true}}') as Json],
];

/** Of our own words it is known what they are. */
const ours = new Set(['outcome', 'method', 'kind', 'code', 'blocks', 'what', 'wayBack', 'startedAt']);

/** The same with one to three of its parts replaced by something else, left out, doubled, or called otherwise. */
export function spoiled<T>(value: T, random: () => number, only: 'texts' | 'anything' = 'anything'): unknown {
  let result = structuredClone(value) as unknown;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times -= 1) result = spoiledOnce(result, random, only);
  return result;
}

function spoiledOnce(value: unknown, random: () => number, only: 'texts' | 'anything'): unknown {
  const one = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const other = (): Json => (only === 'texts' || random() < 0.4 ? one(texts) : structuredClone(one(others)));
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf) return only === 'texts' && typeof value !== 'string' ? value : other();
  const keys = Object.keys(value).filter((key) => only === 'anything' || !ours.has(key));
  const key = one(keys);
  if (only === 'anything' && (keys.length === 0 || random() < 0.08)) return other();
  if (key === undefined) return value;
  const holder = value as Record<string, unknown>;
  const way = only === 'texts' ? 1 : random();
  if (way < 0.08 && Array.isArray(value)) value.push(...structuredClone(value.slice(0, 50)), other());
  else if (way < 0.12) delete holder[key];
  else if (way < 0.16 && !Array.isArray(value)) holder[one(texts)] = holder[key];
  else holder[key] = spoiledOnce(holder[key], random, only);
  return value;
}
