/** What expressions may speak of, by name: `github`, `inputs`, ... */
export type Contexts = Readonly<Record<string, unknown>>;

/**
 * GitHub's expressions, as far as the published workflows use them. What is not known here is an error and not empty, as it
 * would be on GitHub: a slip of the pen in a workflow must be seen.
 */
export function evaluate(expression: string, contexts: Contexts): unknown {
  const words = [...expression.matchAll(word)].map(([text]) => text);
  if (words.join('') !== expression.replace(blanks, (text) => (text.startsWith("'") ? text : ''))) {
    throw new Error(`${expression} holds what the tests cannot read`);
  }
  let at = 0;
  const take = (...wanted: readonly string[]) => wanted.includes(words[at] ?? '') && words[at++];

  const either = (): unknown => {
    let value = both();
    while (take('||')) {
      const other = both();
      value = isTrue(value) ? value : other;
    }
    return value;
  };
  const both = (): unknown => {
    let value = equality();
    while (take('&&')) {
      const other = equality();
      value = isTrue(value) ? other : value;
    }
    return value;
  };
  const equality = (): unknown => {
    let value = one();
    for (let sign = take('==', '!='); sign; sign = take('==', '!=')) {
      value = isEqual(value, one()) === (sign === '==');
    }
    return value;
  };
  const one = (): unknown => {
    if (take('!')) return !isTrue(one());
    if (take('(')) {
      const value = either();
      if (!take(')')) throw new Error(`${expression} lacks a )`);
      return value;
    }
    const text = words[at++] ?? '';
    if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^\d+$/.test(text)) return Number(text);
    if (text === 'always' && take('(') && take(')')) return true;
    if (!/^[a-z_]/i.test(text)) throw new Error(`${expression} holds ${text || 'nothing'} where a value should be`);
    return lookUp(text, contexts);
  };

  const value = either();
  if (at < words.length) throw new Error(`${expression} goes on with ${words[at]}, which the tests cannot read`);
  return value;
}

/** A text with expressions in it. */
export function interpolate(text: string, contexts: Contexts): string {
  const filled = text.replace(/\$\{\{((?:'[^']*'|[^'])*?)\}\}/g, (_, expression: string) =>
    asText(evaluate(expression.trim(), contexts), expression),
  );
  return filled;
}

/** As `if` takes it, with braces or without. */
export function holds(condition: string, contexts: Contexts): boolean {
  const [, inner = condition] = /^\$\{\{(.*)\}\}$/s.exec(condition.trim()) ?? [];
  return isTrue(evaluate(inner.trim(), contexts));
}

const word = /'(?:[^']|'')*'|\|\||&&|==|!=|[!()]|\d+|[a-z_][\w-]*(?:\.[a-z_][\w-]*)*/gi;
const blanks = /'(?:[^']|'')*'|\s+/g;

function lookUp(path: string, contexts: Contexts): unknown {
  // Whether an event has something depends on the event.
  const isOfEvent = path.startsWith('github.event.');
  let value: unknown = contexts;
  for (const name of path.split('.')) {
    const known = Object(value) as Record<string, unknown>;
    if (!isOfEvent && !Object.hasOwn(known, name)) throw new Error(`${path} is nothing that the tests know`);
    value = Object.hasOwn(known, name) ? known[name] : null;
  }
  return value;
}

const isTrue = (value: unknown): boolean => Boolean(value);

// https://docs.github.com/actions/reference/workflows-and-actions/expressions#operators
function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one === 'string' && typeof other === 'string') return one.toLowerCase() === other.toLowerCase();
  return typeof one === typeof other ? one === other : Number(one) === Number(other);
}

function asText(value: unknown, expression: string): string {
  if (value === null) return '';
  if (typeof value === 'object') throw new Error(`${expression} is no text`);
  return String(value);
}
