/** One version of an application, as a child of an umbrella. */
export interface Application {
  /** Path below the application's folder (`lib/...`, `src/...`, `priv/...`) to its text. */
  readonly sources: Readonly<Record<string, string>>;
  /** Children, as Elixir writes a list of them, under a supervisor without a module of its own: `Name.Supervisor`. */
  readonly children?: string;
  /** How that supervisor is started; `strategy: :one_for_one` where absent. */
  readonly strategy?: string;
  /** The callback module, as Elixir writes it, of an application that supervises by its own means. */
  readonly start?: string;
  /** Further keys of the application's specification, as mix.exs writes them: `start_phases: [go: []]`. */
  readonly specification?: string;
  /** What config.exs says about it: `step: 2`. */
  readonly config?: string;
  /** Applications of the umbrella that it needs. */
  readonly needs?: readonly string[];
  /** 0.1.0 and 0.2.0 where absent. */
  readonly version?: string;
  /** How the release starts it; `permanent` where absent. */
  readonly mode?: 'permanent' | 'temporary' | 'load';
  /** A hand-written appup, which lies beside its modules. */
  readonly appup?: string;
}

/** What differs in the new version: other sources, `undefined` for one that is gone, and other fields in whole. */
export type Changed = Partial<Omit<Application, 'sources'>> & {
  readonly sources?: Readonly<Record<string, string | undefined>>;
};

/** An application in its old version, in its new one, or in both. */
export interface Transition {
  readonly before?: Application;
  /** Taken alone where there is no `before`; `gone` for an application that leaves the release. */
  readonly after: Changed | 'gone';
}

/** Elixir's expression and what `inspect` shows of its value. */
export type Expectation = readonly [expression: string, shown: string];

interface Common extends Transition {
  /** The application's name. */
  readonly name: string;
  /** What is promised, in words. */
  readonly promise: string;
  /** Debian's suite, where only one of them can build it. */
  readonly only?: 'bookworm' | 'trixie';
  /** Further applications that belong to it. */
  readonly siblings?: Readonly<Record<string, Transition>>;
  /** What is done while the old version runs: an expression in Elixir. */
  readonly does?: string;
}

/** A transition that is carried out while the node runs, up and down. */
export interface HotRow extends Common {
  readonly decision: 'hot';
  /** What the report says about its applications, line by line in any order, save their names and versions. */
  readonly says: readonly string[];
  /** Consolidated protocols that are exchanged. */
  readonly exchanges?: readonly string[];
  /** Instructions of the relup, as Erlang prints them. */
  readonly up?: readonly string[];
  readonly down?: readonly string[];
  /** What is true under the new version: its behaviour, and the state from before. */
  readonly there: readonly Expectation[];
  /** What is true under the old version again. */
  readonly back: readonly Expectation[];
  /** Ids of children that a cold boot of the new version does not have: their processes end. */
  readonly ends?: readonly string[];
}

/** A transition that takes a restart. */
export interface RestartRow extends Common {
  readonly decision: 'restart';
  /** Whether the files of the releases tell, or only a look at code and processes, or a rehearsal. */
  readonly by: 'release' | 'code' | 'rehearsal';
  /** All reasons that it gives, as `code subject`; `*` in a subject stands for any text. */
  readonly reasons: readonly string[];
  /**
   * Whether hot loading could in truth have brought the node to what a cold boot is, with the state of every process that
   * both have: then the restart is needless.
   */
  readonly possible: boolean;
}

export type Row = HotRow | RestartRow;

/** Every application that a row is about. */
export function applicationsOf(row: Row): Readonly<Record<string, Transition>> {
  return { [row.name]: row, ...row.siblings };
}
