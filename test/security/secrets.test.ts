import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Secrets } from '../../src/system/secrets.js';

/** The same in every run. */
const seeded = { seed: 1, numRuns: 25 };

const knowing = (...texts: readonly string[]) => {
  const secrets = new Secrets();
  for (const text of texts) secrets.add(text);
  return secrets;
};
const learned = (...entries: readonly string[]) => {
  const secrets = new Secrets();
  secrets.learn(entries, 'all');
  return secrets;
};

const utf8 = (text: string) => [...Buffer.from(text)];
const percent = (text: string) => utf8(text).map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const units = (text: string) =>
  [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
/** As `inspect` prints a string. */
const elixir = (text: string) =>
  text
    .replace(/["\\]|#(?=\{)/g, '\\$&')
    .replaceAll('\t', '\\t')
    .replaceAll('\u001b', '\\e');
/** As `~p` prints one. */
const erlang = (text: string) =>
  [...text]
    .map((one) => (/[ -~]/.test(one) ? one.replace(/["\\]/, '\\$&') : `\\x{${one.codePointAt(0)?.toString(16)}}`))
    .join('');
const html = (text: string) => text.replace(/[&<>"']/g, (one) => `&#${one.codePointAt(0)};`);
const hex = (text: string) => Buffer.from(text).toString('hex');

const spelled: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'percent-encoded': encodeURIComponent,
  'percent-encoded in whole, in either case': (text) =>
    percent(text)
      .map((one, at) => (at % 2 ? one.toUpperCase() : one))
      .join(''),
  'as a form': (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'in JSON': json,
  'in JSON with code units': units,
  'in JSON in JSON': (text) => json(json(text)),
  'by inspect': elixir,
  'by ~p': erlang,
  'in HTML': html,
  'in hexadecimal': hex,
  'in upper case hexadecimal': (text) => hex(text).toUpperCase(),
  'as a charlist': (text) => `[${[...text].map((one) => one.codePointAt(0)).join(',')}]`,
  'as the bytes of a binary': (text) => `<<${utf8(text).join(',')}>>`,
  'as the bytes of a binary, with blanks': (text) => `<<${utf8(text).join(', ')}>>`,
};

const secret = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abXY09+/=_-.~!"\\#{}%& \'<>$:@é漢'), minLength: 8, maxLength: 40 }),
  fc.stringMatching(/^[A-Za-z0-9+/]{8,64}$/),
);
const whole = secret.filter((text) => text.trim() === text && !/^\d+$/.test(text));

describe('a secret of any letters is not shown', () => {
  test.each(Object.entries(spelled))('%s', (_, spell) => {
    fc.assert(
      fc.property(whole, (text) => {
        const shown = knowing(text).masked(`before (${spell(text)}) after`);
        expect(shown).not.toContain(spell(text).slice(1, -1));
        expect(shown).toMatch(/^before \(.{0,2}\*\*\*.{0,2}\) after$/s);
      }),
      seeded,
    );
  });

  test.each(['base64', 'base64url'] as const)('in %s, whatever stands around it', (encoding) => {
    const around = fc.string({ minLength: 0, maxLength: 5 });
    fc.assert(
      fc.property(whole, around, around, (text, before, after) => {
        const encoded = Buffer.from(`${before}${text}${after}`).toString(encoding);
        const shown = knowing(text).masked(`Basic ${encoded}.`);
        expect(shown).toContain('***');
        // What is left says no letter of it: neither alone nor together.
        const rest = shown.slice('Basic '.length, -1).split('***');
        expect(rest[0]?.length).toBeLessThanOrEqual(Math.ceil((Buffer.byteLength(before) * 8) / 6));
        expect(rest.at(-1)?.length ?? 0).toBeLessThanOrEqual(Math.ceil((Buffer.byteLength(after) * 8) / 6) + 2);
      }),
      seeded,
    );
  });
});

it('is masked in the head of bytes that a printer has cut off, and in what follows it', () => {
  const key = 'N7wH0fPq3kLx9TzRb2VdYc5JmAe8UsGi1oXK4CtQ6hBv';
  const cut = `<<${utf8(key).slice(0, 30).join(', ')}, ...>>`;
  expect(knowing(key).masked(cut)).toBe('<<***, ...>>');
  expect(knowing(key).masked(`x${Buffer.from(`${key}tail`).toString('hex')} y`)).toBe('x*** y');
});

it('is masked line by line where it has several, and in base64 of the whole', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\r\n  hkiG9w0BAQEFAASC\nab\n-----END PRIVATE KEY-----';
  const shown = knowing(key).masked(`line MIIEvQIBADANBgkq here\nhkiG9w0BAQEFAASC and "${json(key)}"`);
  expect(shown).not.toMatch(/MIIEvQ|hkiG9w/);
  expect(shown).toContain('line *** here\n*** and "');
  expect(knowing(key).masked(Buffer.from(key).toString('base64'))).not.toContain(
    Buffer.from('QIBADANBg').toString('base64').slice(2, -2),
  );
});

it('leaves nothing of two that overlap, and takes the longer of two that are alike', () => {
  const secrets = knowing('hunter2hunter', 'hunter3', 'hunter2hunter3');
  expect(secrets.masked('a hunter2hunter3 b hunter3 c hunter2hunter d')).toBe('a *** b *** c *** d');
  expect(knowing('abcdefgh', 'efghijkl').masked('<abcdefghijkl>')).toBe('<***>');
});

describe('secret is', () => {
  const names = [
    ...[
      'DATABASE_PASSWORD',
      'PGPASSWORD',
      'DB_PASS',
      'MYSQL_PWD',
      'SECRET_KEY_BASE',
      'API_KEY',
      'apiKey',
      'accessToken',
    ],
    ...[
      'GITHUB_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
      'RELEASE_COOKIE',
      'SENTRY_DSN',
      'LIVE_VIEW_SALT',
      'GOOGLE_CREDENTIALS',
    ],
    ...['signing_salt', 'secret_key_base', 'SSH_PRIVATE_KEY', 'KEY', 'db.password', 'x-api-key'],
  ];
  it.each(names)('what %s holds', (name) => {
    const secrets = new Secrets();
    secrets.learn([`${name}=correct-horse`]);
    expect(secrets.masked('it said correct-horse')).toBe('it said ***');
  });

  const others = [
    'PHX_HOST',
    'MONKEY',
    'KEYBOARD',
    'COMPASS',
    'PUBLIC_KEY',
    'TOKEN_TTL',
    'COOKIE_DOMAIN',
    'PASSENGER',
    'POOL_SIZE',
  ];
  it.each(others)('and not what %s holds', (name) => {
    const secrets = new Secrets();
    secrets.learn([`${name}=correct-horse`]);
    expect(secrets.masked('it said correct-horse')).toBe('it said correct-horse');
  });

  it('a password in the address that any variable holds, as it is written and as it is meant', () => {
    const secrets = new Secrets();
    secrets.learn(['DATABASE_URL=ecto://shop:p%40ss-word@db.internal/shop', 'CACHE=redis://:hunter2@cache:6379']);
    expect(secrets.masked('no role for p@ss-word or p%40ss-word, nor hunter2')).toBe('no role for *** or ***, nor ***');
    expect(secrets.masked('db.internal is not there')).toBe('db.internal is not there');
  });

  it('in the output of a program, any value of eight letters that its environment has', () => {
    const secrets = learned('GREETING=good morning', 'PATH=/usr/local/bin', 'SHORT=morning');
    expect(secrets.maskedOutput('good morning, morning: /usr/local/bin')).toBe('***, morning: /usr/local/bin');
    expect(secrets.masked('good morning')).toBe('good morning');
  });
});

describe('an address never shows', () => {
  it.each([
    ['postgres://me:pw@db/shop', 'postgres://me:***@db/shop'],
    ['redis://:p@ss@cache:6379 is down', 'redis://:***@cache:6379 is down'],
    ['https:\\/\\/bot:tok\\u0065n@git', 'https:\\/\\/bot:***@git'],
    ['http://shop:4000/health?token=abc&page=2', 'http://shop:4000/health?token=***&page=2'],
    ['GET /x?api_key=1&amp;password=2#top', 'GET /x?api_key=***&amp;password=***#top'],
    ['http://shop:4000/a@b', 'http://shop:4000/a@b'],
  ])('%s', (text, shown) => expect(new Secrets().masked(text)).toBe(shown));
});

describe('what stands beside the name of a secret in the output of a program is not shown:', () => {
  it.each([
    ['PGPASSWORD=abc psql', 'PGPASSWORD=*** psql'],
    ['%{password: "a\\"b", user: "me"}', '%{password: "***", user: "me"}'],
    ['[{password,<<"abc">>},{user,"me"}]', '[{password,<<"***">>},{user,"me"}]'],
    ['{"token":"abc","page":1}', '{"token":"***","page":1}'],
    ['{\\"token\\":\\"abc\\",\\"page\\":1}', '{\\"token\\":\\"***\\",\\"page\\":1}'],
    ['#{<<"api_key">> => <<1,2,3>>}', '#{<<"api_key">> => <<***>>}'],
    ["secret_key_base: 'abc'", "secret_key_base: '***'"],
    ['erl -sname shop -setcookie abc -noshell', 'erl -sname shop -setcookie *** -noshell'],
    ['> Authorization: Basic abc def', '> Authorization: ***'],
    ['sent Bearer abcdefgh12', 'sent Bearer ***'],
    ['signing_salt = "abc"', 'signing_salt = "***"'],
  ])('%s', (text, shown) => expect(new Secrets().maskedOutput(text)).toBe(shown));

  it.each([
    'use_token=true token: nil',
    'the token, and then some',
    'invalid token: unexpected end of input',
    'key :name not found in %{id: 7}',
    'primary_key: "id", foreign_key: "user_id"',
    'password authentication failed for user "postgres"',
  ])('and %s stays as it is', (text) => expect(new Secrets().maskedOutput(text)).toBe(text));
});

describe('ordinary words stay readable', () => {
  const said = 'in production postgres on localhost said true to user admin, 5432 rows of 1.14.2, password rejected';

  it('whatever is called by them', () => {
    const secrets = learned(
      ...['POSTGRES_PASSWORD=postgres', 'TOKEN=production', 'SECRET=localhost', 'COOKIE=true', 'API_KEY=admin'],
      ...['DB_PASS=5432', 'KEY=password', 'SECRET_2=1.14.2', 'GREETING=production'],
    );
    for (const word of ['production', 'localhost', 'postgres']) secrets.add(word);
    expect(secrets.masked(said)).toBe(said);
    expect(secrets.maskedOutput(said)).toBe(said);
    expect(secrets.maskedOutput('DB_PASS=postgres')).toBe('DB_PASS=***');
  });

  it('and what is part of a public name, such as that of an image', () => {
    const secrets = learned('RELEASE_COOKIE=storefront', 'TOKEN=web-1');
    secrets.publish('registry.example.com/acme/storefront:1.4.0', '/web-1');
    const text = 'web-1 runs registry.example.com/acme/storefront:1.4.0';
    expect([secrets.masked(text), secrets.maskedOutput(text)]).toEqual([text, text]);
  });

  it('and what is too short to be one', () => {
    expect(knowing('abc', '').masked('abc def')).toBe('abc def');
  });
});

it('each is told once to whoever prints as well, each line, and no ordinary word', () => {
  const secrets = new Secrets();
  const told: string[] = [];
  secrets.publish('shop:1.0.0');
  secrets.add('known before');
  secrets.tell((one) => told.push(one));
  secrets.learn(['PASSWORD=first-line\nsecond-line', 'TOKEN=postgres', 'COOKIE=shop', 'NAME=not-a-secret'], 'all');
  secrets.add('known before');
  expect(told).toEqual(['known before', 'first-line', 'second-line']);
});

it('every text of a report is masked, and nothing else in it changes', () => {
  const secrets = knowing('hunter2');
  const report = { outcome: 'failed', ms: 7, reasons: [{ message: 'it said hunter2' }], absent: undefined, none: null };
  expect(secrets.maskedIn(report)).toEqual({ ...report, reasons: [{ message: 'it said ***' }] });
});

it('is found quickly in much text, and hostile text holds nobody up', () => {
  const secrets = learned(...Array.from({ length: 20 }, (_, at) => `VALUE_${at}=value-number-${at * 7919}`));
  const lines = ['a'.repeat(50_000), '://'.repeat(10_000), 'password='.repeat(5_000), '"password":"\\'.repeat(3_000)];
  const began = process.cpuUsage();
  for (const line of lines) secrets.maskedOutput(line);
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(2_000);
});
