import { spellings } from './spellings.js';

/** A name that says so, as JavaScript and Erlang's `re` read it without regard to case. What ends like the first words is about one. */
export const secretName =
  '^(?!.*[^a-z](?:ttl|domain|issuer|audience|name|header|algorithm|size|length|timeout|expiry|path|file|dir)s?$)' +
  '.*(?:pass(?:word|wd|phrase|code)|secret|token|credential|cookie|authorization|[^a-z]auth$' +
  '|(?:^|[^a-z])(?:pass|pwd|pw|dsn|salt|creds)s?(?![a-z])|(?:api|access|private|signing)keys?(?![a-z])' +
  '|(?:^|(?<!primary)(?<!foreign)(?<!public)(?<!routing)(?<!cache)[^a-z])keys?(?![a-z]))';
const secretPattern = new RegExp(secretName, 'i');
const saysSecret = (name: string) => secretPattern.test(name.replace(/([a-z\d])([A-Z])/g, '$1_$2'));

/** Shorter ones are found everywhere, and each `***` would tell what it hides. */
const shortest = 4;
/** Of what nobody calls a secret, and of a line of several. */
const shortestValue = 8;
/** They are the same for everybody. */
const everyday = /^(PATH|HOME|LANG|LANGUAGE|LC_\w+|TERM|PWD|SHLVL)$/;

/** Words that many a value is, and that say nothing: a log without them could not be read. */
const ordinary = new Set(
  (
    'true false yes no on off none null nil undefined default enabled disabled auto always never info debug notice warning error ' +
    'production staging development preview testing test prod stage dev local localhost internal public private primary replica ' +
    'postgres postgresql mysql mariadb sqlite redis rabbitmq mongo mongodb elasticsearch memcached kafka docker github ' +
    'root admin administrator user username guest nobody app application server service database password secret token cookie ' +
    'changeme example http https inet sname name embedded interactive temporary permanent c.utf-8 utf-8 en_us.utf-8 ' +
    'deploy success failure in_progress inactive queued'
  ).split(' '),
);
const isOrdinary = (text: string) => ordinary.has(text.toLowerCase()) || /^\d{1,7}$|^v?\d+(\.\d+)+$/.test(text);

type Range = readonly [from: number, to: number];

/** What is not to be read by anybody, wherever text is shown: one list for the whole process, which every text passes on its way out. */
export class Secrets {
  readonly #certain = new Set<string>();
  readonly #values = new Set<string>();
  readonly #public = new Set<string>();
  readonly #spelled = new Map<string, readonly RegExp[]>();
  #told: (secret: string) => void = () => undefined;
  #patterns: { readonly certain: readonly RegExp[]; readonly all: readonly RegExp[] } | undefined;

  /** Text that is secret beyond doubt, each line of it as well. An ordinary word is none, nor what is part of a public name. */
  add(secret: string): void {
    const lines = secret.split(/\r?\n/).map((line) => line.trim());
    for (const line of lines) if (line.length >= (lines.length > 1 ? shortestValue : shortest)) this.#add(line);
    for (const password of passwords(secret)) if (password.length >= shortest) this.#add(password);
  }

  /** `KEY=VALUE` of an environment: secret is what its name says is. With `all`, the other values are in the output of programs. */
  learn(entries: Iterable<string>, all?: 'all'): void {
    for (const entry of entries) {
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(entry) ?? [];
      if (saysSecret(name)) this.add(value);
      else for (const password of passwords(value)) this.add(password);
      if (all === undefined || everyday.test(name)) continue;
      for (const line of [value, ...value.split(/\r?\n/)].map((text) => text.trim())) {
        if (line.length >= shortestValue && !line.includes('\n')) this.#isNew(this.#values, line);
      }
    }
  }

  /** Names that anybody may read, such as an image's. */
  publish(...names: readonly (string | undefined)[]): void {
    for (const name of names) if (name) this.#isNew(this.#public, name);
  }

  /** Tells each secret to whoever else prints, those too that are known already. */
  tell(told: (secret: string) => void): void {
    this.#told = told;
    for (const secret of this.#certain) if (!this.#isReadable(secret)) told(secret);
  }

  /** `text` with `***` in place of each secret. */
  masked(text: string): string {
    return mask(text, [...this.#find(text, this.#all().certain), ...inAddresses(text)]);
  }

  /** What another program wrote, also without the values of its environment and what stands beside the name of a secret. */
  maskedOutput(text: string): string {
    return mask(text, [...this.#find(text, this.#all().all), ...inAddresses(text), ...besideNames(text)]);
  }

  /** The same value with every text in it masked. */
  maskedIn<T>(value: T): T {
    const changed = (each: unknown): unknown => {
      if (typeof each === 'string') return this.masked(each);
      if (Array.isArray(each)) return each.map(changed);
      if (typeof each !== 'object' || each === null) return each;
      return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, changed(inner)]));
    };
    return changed(value) as T;
  }

  #add(secret: string): void {
    if (this.#isNew(this.#certain, secret) && !this.#isReadable(secret)) this.#told(secret);
  }

  /** Adds a text to one of the lists, if it is not there. */
  #isNew(list: Set<string>, text: string): boolean {
    if (list.has(text)) return false;
    list.add(text);
    this.#patterns = undefined;
    return true;
  }

  #isReadable(text: string): boolean {
    return isOrdinary(text) || [...this.#public].some((name) => name.includes(text));
  }

  #all(): { readonly certain: readonly RegExp[]; readonly all: readonly RegExp[] } {
    const spelled = (texts: Iterable<string>) =>
      [...texts].filter((text) => !this.#isReadable(text)).flatMap((text) => this.#spellings(text));
    this.#patterns ??= { certain: spelled(this.#certain), all: spelled(new Set([...this.#certain, ...this.#values])) };
    return this.#patterns;
  }

  #spellings(text: string): readonly RegExp[] {
    const known = this.#spelled.get(text) ?? spellings(text);
    this.#spelled.set(text, known);
    return known;
  }

  *#find(text: string, patterns: readonly RegExp[]): Iterable<Range> {
    for (const pattern of patterns) {
      pattern.lastIndex = 0;
      for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
        yield [found.index, pattern.lastIndex];
      }
    }
  }
}

export const secrets = new Secrets();

/** Where secrets overlap, neither leaves a rest. */
function mask(text: string, ranges: readonly Range[]): string {
  let [shown, at] = ['', 0];
  for (const [from, to] of [...ranges].sort((one, other) => one[0] - other[0])) {
    if (from >= at) shown += `${text.slice(at, from)}***`;
    at = Math.max(at, to);
  }
  return shown + text.slice(at);
}

/** The passwords of the addresses in a value, as they are written and as they are meant. */
function passwords(value: string): readonly string[] {
  const written = [...value.matchAll(/:\/\/[^\s:@/]*:([^\s/]+)@/g)].map(([, password = '']) => password);
  return written.flatMap((password) => {
    try {
      return [password, decodeURIComponent(password)];
    } catch {
      return [password];
    }
  });
}

/** `user:PASSWORD@host`, and a parameter whose name says so. */
function* inAddresses(text: string): Iterable<Range> {
  for (const { indices } of text.matchAll(/:\\*\/\\*\/[^\s:@/?#"'<>]*:([^\s/?#"'<>“”]+)@/dg)) yield rangeOf(indices, 1);
  for (const { 1: name = '', indices } of text.matchAll(/[?&;]([\w.-]+)=([^\s&;"'<>#“”]+)/dg)) {
    if (saysSecret(name)) yield rangeOf(indices, 2);
  }
}

const rangeOf = (indices: RegExpIndicesArray | undefined, group: number): Range => indices?.[group] ?? [0, 0];

// A text in quotes, escaped once more or not; the bytes of a binary or a list.
const quotedValue =
  /\s*(?:=>|[:=,])\s*(?:~[a-z])?(?:<<)?(?:(\\+)["'](?<twice>(?:(?!\1["']).)*)|"(?<text>(?:[^"\\\n]|\\.)*)|'(?<single>(?:[^'\\\n]|\\.)*)|(?:(?<=<<)|\[)(?<bytes>\d+(?:,\s*\d+)+))/dy;
const bareValue = /(?:=|(?<=(?:^|\s)--?[\w.-]+)\s+)(?<bare>[^\s,;&"'()[\]{}<>“”]+)/dy;
const header = /(?<=(?:^|\n)[<>*\s]*[\w.-]+):[ \t]+(?<rest>[^\s"'[{<][^\n]*)/dy;
const spared = /^(?:true|false|nil|null|undefined|none|\**)$/i;

/** `NAME=value`, `name: "value"`, `{name,<<"value">>}`, `"name":"value"`, `-name value`, `Name: value` as a line of its own. */
function* besideNames(text: string): Iterable<Range> {
  for (const { 0: word, index } of text.matchAll(/(?<![\w.-])[\w.-]{2,100}(?![\w.-])/g)) {
    if (!saysSecret(word)) continue;
    // The quotes of the name itself.
    const after = index + word.length;
    const closed = after + (/^\\*["']?(?:>>)?/.exec(text.slice(after, after + 8))?.[0].length ?? 0);
    for (const [pattern, at] of [
      [quotedValue, closed],
      [bareValue, after],
      [header, after],
    ] as const) {
      pattern.lastIndex = at;
      const { groups = {}, indices } = pattern.exec(text) ?? {};
      const group = Object.keys(groups).find((each) => groups[each] !== undefined);
      if (group === undefined) continue;
      if (!spared.test(groups[group] ?? '')) yield indices?.groups?.[group] ?? [0, 0];
      break;
    }
  }
  for (const { indices } of text.matchAll(/\bBearer\s+([\w.~+/=-]{8,})/dgi)) yield rangeOf(indices, 1);
}
