/** What a leaf of a printed term is. */
type Kind = 'atom' | 'string' | 'binary' | 'number' | 'opaque';

interface Token {
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
  /** Absent of brackets, commas and arrows: they are the term's structure. */
  readonly kind?: Kind;
}

const pattern =
  /(?<atom>'(?:[^'\\]|\\.)*'|[\p{L}_@][\p{L}\p{N}_@]*)|(?<string>"(?:[^"\\]|\\.)*")|(?<binary><<(?:"(?:[^"\\]|\\.)*"(?:\/utf8)?|[^">]*)>>)|(?<opaque>#(?:Ref|Port|Fun)<[^>]*>|<\d+\.\d+\.\d+>)|(?<number>-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\$.)|#\{|=>|\S/gsu;

/** An atom that stands for a value which is another one in each boot. */
const noise = /^'<random (atom|string|binary|number|opaque)>'$/;

/** The leaves and the structure of a term as the agent prints it (`~0tp`). */
function tokens(text: string): readonly Token[] {
  return [...text.matchAll(pattern)].map(({ 0: token, index: at, groups = {} }) => {
    const kind = (noise.exec(token)?.[1] ?? Object.keys(groups).find((name) => groups[name] !== undefined)) as
      | Kind
      | undefined;
    return kind === undefined ? { text: token, at } : { text: token, at, kind };
  });
}

/** Pairs the tokens of two terms of one structure; undefined if their structures differ. */
function aligned(one: string, other: string): readonly (readonly [Token, Token])[] | undefined {
  const [here, there] = [tokens(one), tokens(other)];
  const pairs = here.map((token, at) => [token, there[at] ?? token] as const);
  const same = ([mine, yours]: readonly [Token, Token]) =>
    mine.kind === yours.kind && (mine.kind !== undefined || mine.text === yours.text);
  return here.length === there.length && pairs.every(same) ? pairs : undefined;
}

/** The text with other words in the places of some of its leaves. */
function replaced(text: string, leaves: readonly (readonly [Token, string])[]): string {
  return leaves.reduceRight(
    (written, [{ at, text: leaf }, other]) => written.slice(0, at) + other + written.slice(at + leaf.length),
    text,
  );
}

/**
 * One term as two boots of one release print it: a leaf that differs in value and not in kind is noise, and `'<random KIND>'`
 * takes its place. Undefined if they differ in more than leaves.
 */
export function agreed(one: string, other: string): string | undefined {
  if (one === other) {
    return one;
  }
  const differing = aligned(one, other)?.filter(([mine, yours]) => mine.text !== yours.text);
  return (
    differing &&
    replaced(
      one,
      differing.map(([mine]) => [mine, `'<random ${mine.kind}>'`]),
    )
  );
}

/** Whether a term is the one that was agreed on, its noise aside. */
export function fits(text: string, agreedOn: string): boolean {
  return (
    text === agreedOn ||
    (hasNoise(agreedOn) &&
      (aligned(text, agreedOn)?.every(([mine, wanted]) => mine.text === wanted.text || noise.test(wanted.text)) ??
        false))
  );
}

/** A term without what is known to be noise in another print of it. */
export function withoutNoise(text: string, known: string): string {
  const pairs = hasNoise(known) ? aligned(text, known) : undefined;
  return replaced(
    text,
    (pairs ?? []).filter(([, other]) => noise.test(other.text)).map(([mine, other]) => [mine, other.text]),
  );
}

/** Whether something in it is another one in each boot. */
export function hasNoise(text: string): boolean {
  return text.includes("'<random ");
}

/** The leaves in which two terms of one structure differ, noise left out; undefined if their structures differ. */
export function differingLeaves(
  one: string,
  other: string,
): readonly { readonly leaf: number; readonly one: string; readonly other: string }[] | undefined {
  return aligned(one, other)?.flatMap(([mine, yours], leaf) =>
    mine.text === yours.text || noise.test(mine.text) || noise.test(yours.text)
      ? []
      : [{ leaf, one: mine.text, other: yours.text }],
  );
}

/** The how many-eth token of a term. */
export function tokenAt(text: string, leaf: number): string | undefined {
  return tokens(text)[leaf]?.text;
}

/** Whether a value stands anywhere in a term. */
export function holds(text: string, leaf: string): boolean {
  return tokens(text).some((token) => token.text === leaf);
}
