import { didYouMean } from '../system/nearest.js';
import { Mistakes, UsageError } from './usage-error.js';

/** How the text of an option becomes a value. */
export interface Kind<T> {
  /** What is allowed, in the words of the documentation and of an error. */
  readonly allowed: string;
  /** All that are allowed, where they can be counted. */
  readonly values?: readonly string[];
  /** On the command line such an option stands alone, or as `--no-NAME`. */
  readonly flag?: true;
  /** One value a line; on the command line the option may be repeated. */
  readonly lines?: true;
  /** Fails with a UsageError that names the option, the text and what is allowed. */
  parse(text: string, option: string): T;
}

/**
 * A kind whose `read` answers undefined for a text that is not allowed; `show` is how an error quotes that text, and `hint` the
 * sentence that follows it.
 */
export function kind<T>(
  allowed: string,
  read: (text: string) => T | undefined,
  { show = quoted, hint = () => '' }: { show?: (text: string) => string; hint?: (text: string) => string } = {},
): Kind<T> {
  return {
    allowed,
    parse: (text, option) => {
      const value = read(text);
      if (value === undefined)
        throw new UsageError(`\`${option}\` is ${show(text)}.${hint(text)} Allowed: ${allowed}.`);
      return value;
    },
  };
}

const quoted = (text: string): string => JSON.stringify(text);

export function oneOf<const T extends string>(...values: readonly [T, ...T[]]): Kind<T> {
  const allowed = values.map((value) => `\`${value}\``).join(', ');
  return {
    ...kind(allowed, (text) => values.find((value) => value === text), { hint: (text) => didYouMean(text, values) }),
    values,
  };
}

/** Written as YAML and shells write it. */
export const flag: Kind<boolean> = {
  ...kind('`true`, `false`', (text) =>
    new Map([
      ['true', true],
      ['false', false],
    ]).get(text.toLowerCase()),
  ),
  flag: true,
};

export function wholeNumber(least: number): Kind<number> {
  return kind(`a whole number from ${least}`, (text) => {
    const value = Number(text);
    return /^\d{1,6}$/.test(text) && value >= least ? value : undefined;
  });
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const dayMs = 24 * unitMs.h;

/** Milliseconds. A day is the most, since Node's timers wrap to zero after 24 of them. */
export function duration(leastMs: number, mostMs = dayMs): Kind<number> {
  const least = leastMs > 0 ? ` of at least \`${leastMs}ms\`` : '';
  const most = mostMs < dayMs ? `${least && ' and'} of at most \`${mostMs / unitMs.m}m\`` : '';
  return kind(`a duration${least}${most} such as \`250ms\`, \`10s\`, \`5m\``, (text) => {
    // Nothing is nothing in any unit.
    const parts = /^(?<count>\d+(?:\.\d+)?)(?<unit>ms|s|m|h)$/.exec(text === '0' ? '0s' : text)?.groups;
    const ms = Math.round(Number(parts?.['count']) * unitMs[parts?.['unit'] as keyof typeof unitMs]);
    return ms >= leastMs && ms <= mostMs ? ms : undefined;
  });
}

/** Text that fits on one line, of the given shape. */
export function text(allowed: string, shape = /^/, show = quoted): Kind<string> {
  return kind(allowed, (value) => (isLine(value) && shape.test(value) ? value : undefined), { show });
}

/** `KEY=VALUE`: an error quotes no more than the key. What is none may be the second line of a value. */
export const assignment = (allowed: string, shape: RegExp): Kind<string> =>
  text(allowed, shape, (line) =>
    line.includes('=') || /^[A-Z_\d]+$/.test(line) ? quoted(line.replace(/=.*$/s, '=…')) : 'a line without `=`',
  );

/** Text of one or more lines, for a shell. */
export const script: Kind<string> = kind('a shell command', (value) => (value.includes('\0') ? undefined : value));

/** No error quotes it. */
export const secret: Kind<string> = kind('text on one line', (value) => (isLine(value) ? value : undefined), {
  show: () => 'not of one line',
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out.
const isLine = (value: string) => /^[^\u0000-\u001f\u007f]+$/.test(value);

export function lines<T>(each: Kind<T>): Kind<readonly T[]> {
  return {
    allowed: `${each.allowed}; one a line`,
    lines: true,
    parse: (value, option) => {
      const mistakes = new Mistakes();
      const read = nonEmptyLines(value).flatMap((line) =>
        mistakes.collect<readonly T[]>(
          () => [each.parse(line, option)],
          () => [],
        ),
      );
      mistakes.check();
      return read;
    },
  };
}

function nonEmptyLines(value: string): readonly string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
