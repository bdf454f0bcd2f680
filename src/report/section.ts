/** A part of a report in plain data. The renderers decide how it looks, and escape every text in it. */
export type Section = Table | Verbatim | List;

interface Titled {
  readonly title: string;
  /** Folded where the medium can fold. */
  readonly detail?: true;
}

export interface Table extends Titled {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  /** As many cells as there are columns. */
  readonly rows: readonly (readonly string[])[];
  /** What the figures mean, a sentence each. */
  readonly notes?: readonly string[];
}

export interface Column {
  readonly title: string;
  /** A name to be read letter by letter, or a number to stand at the right. */
  readonly as?: 'code' | 'number';
}

/** Lines to be read as they are. */
export interface Verbatim extends Titled {
  readonly kind: 'verbatim';
  readonly lines: readonly string[];
}

export interface List extends Titled {
  readonly kind: 'list';
  readonly items: readonly string[];
}

export const isEmpty = (section: Section) =>
  (section.kind === 'table' ? section.rows : section.kind === 'list' ? section.items : section.lines).length === 0;
