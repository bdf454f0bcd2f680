/** What the Go templates of `--format` come to, as far as the script uses them: anything else is refused. */
export function filled(template: string, data: unknown): string {
  const [nodes, rest] = block(template.split(/(\{\{.*?\}\})/s), 0);
  if (rest !== undefined) throw new Error(`a template has one {{end}} too many: ${template}`);
  return shown(nodes, { dot: data, names: {} });
}

type Node = string | { readonly words: readonly Word[]; readonly inner?: readonly Node[] };
type Word = string | readonly Word[];
interface Scope {
  readonly dot: unknown;
  readonly names: Readonly<Record<string, unknown>>;
}

function block(parts: readonly string[], from: number): [nodes: readonly Node[], end: number | undefined] {
  const nodes: Node[] = [];
  for (let at = from; at < parts.length; at++) {
    const part = parts[at] ?? '';
    if (!part.startsWith('{{')) {
      nodes.push(part);
      continue;
    }
    const words = wordsOf(part.slice(2, -2).match(/"(?:[^"\\]|\\.)*"|:=|[(),]|[^\s(),]+/g) ?? []);
    if (words[0] === 'end') return [nodes, at];
    if (!['range', 'with', 'if'].includes(String(words[0]))) {
      nodes.push({ words });
      continue;
    }
    const [inner, end] = block(parts, at + 1);
    if (end === undefined) throw new Error(`${part} has no {{end}}`);
    nodes.push({ words, inner });
    at = end;
  }
  return [nodes, undefined];
}

function wordsOf(tokens: string[]): readonly Word[] {
  const words: Word[] = [];
  for (let token = tokens.shift(); token !== undefined && token !== ')'; token = tokens.shift()) {
    words.push(token === '(' ? wordsOf(tokens) : token);
  }
  return words;
}

function shown(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => (typeof node === 'string' ? node : said(node, scope))).join('');
}

function said({ words, inner }: Exclude<Node, string>, scope: Scope): string {
  if (inner === undefined) return printed(value(words, scope));
  const [kind, ...rest] = words;
  if (kind === 'range') {
    const [key, , name, is, ...of] = rest[1] === ',' ? rest : ['', '', '', ':=', ...rest];
    if (is !== ':=') throw new Error(`${kind} is not understood: ${JSON.stringify(words)}`);
    return Object.entries((value(of, scope) ?? {}) as object)
      .map(([at, dot]) => shown(inner, { dot, names: { ...scope.names, [String(key)]: at, [String(name)]: dot } }))
      .join('');
  }
  const dot = value(rest, scope);
  if (isEmpty(dot)) return '';
  return shown(inner, kind === 'with' ? { ...scope, dot } : scope);
}

const isEmpty = (value: unknown) => !value || (typeof value === 'object' && Object.keys(value).length === 0);

function value(words: readonly Word[], scope: Scope): unknown {
  const [first, ...rest] = words;
  const given = () => rest.map((word) => value([word], scope));
  if (Array.isArray(first)) return value(first, scope);
  const name = String(first);
  const [one, other] = rest.length > 0 ? given() : [];
  switch (name) {
    case 'index':
      return (one as Readonly<Record<string, unknown>> | null)?.[String(other)];
    case 'json':
      return JSON.stringify(one);
    case 'print':
      return printed(one);
    case 'eq':
      return one === other;
    case 'printf':
      if (one !== '% x') throw new Error(`printf ${one} is none that is known`);
      return Buffer.from(String(other))
        .toString('hex')
        .replace(/..(?=.)/g, '$& ');
  }
  if (name.startsWith('"')) return JSON.parse(name);
  if (name.startsWith('$')) return scope.names[name];
  if (!/^(\.|(\.\w+)+)$/.test(name)) throw new Error(`${name} is nothing that a template is known to say`);
  const found = name
    .split('.')
    .filter((each) => each !== '')
    .reduce<unknown>((of, each) => (of as Readonly<Record<string, unknown>> | null | undefined)?.[each], scope.dot);
  return typeof found === 'function' ? found(...given()) : found;
}

function printed(value: unknown): string {
  return value === undefined || value === null ? '<no value>' : String(value);
}
