import {
  type Is,
  isAtom,
  isFlag,
  isNumber,
  isText,
  listOf,
  mapOf,
  membersOf,
  oneOf,
  optional,
} from '../system/shape.js';

/** A node of a supervision tree, as the agent tells it. */
export interface Supervised {
  /**
   * The child's id as Erlang prints it; `top` for an application's first process. Noise in it is written as `'<random KIND>'`,
   * and ids that are printed alike are numbered: `ID #2`.
   */
  readonly id: string;
  /** The same as this node prints it, if that differs. */
  readonly raw?: string;
  readonly type: 'supervisor' | 'worker' | 'dynamic' | 'unanswering';
  readonly running?: boolean;
  /** What a worker was started with, which its specification need not name: `shop_till:init/1`, or the module of a function. */
  readonly runs?: string;
  /** The child specification as text, and of it the start function and arguments alone. */
  readonly spec?: {
    /** Whether the text reads back as the same term. */
    readonly portable: boolean;
    /** Of a boot apart from production, with noise in the place of what came from environment and settings. */
    readonly text: string;
    readonly start: string;
    /** Of a boot apart from production, both with those values: two such boots have one environment. */
    readonly exact?: string;
    readonly exactStart?: string;
    /** The text as it may be carried to another node: sources stand in the places of what came from environment and settings. */
    readonly carried?: string;
    /** A variable of which a part stands in it, so that it cannot be carried anywhere. */
    readonly partOf?: string;
    /** Modules whose code its funs need. */
    readonly closures: readonly string[];
  };
  /** Registered name, of supervisors. */
  readonly name?: string | null;
  /** The callback module, of supervisors. */
  readonly callback?: string;
  readonly strategy?: string;
  readonly intensity?: number;
  readonly period?: number;
  readonly children?: readonly Supervised[];
}

export type Tree = Readonly<Record<string, Supervised>>;

const isSupervised: Is<Supervised> = membersOf({
  ...{ id: isText, raw: optional(isText), type: oneOf('supervisor', 'worker', 'dynamic', 'unanswering') },
  ...{ running: optional(isFlag), runs: optional(isText), name: optional(isAtom), callback: optional(isText) },
  ...{ strategy: optional(isText), intensity: optional(isNumber), period: optional(isNumber) },
  spec: optional(
    membersOf({
      ...{ portable: isFlag, text: isText, start: isText, exact: optional(isText), exactStart: optional(isText) },
      ...{ carried: optional(isText), partOf: optional(isText), closures: listOf(isText) },
    }),
  ),
  children: optional(listOf((value): value is Supervised => isSupervised(value))),
});

export const isTree: Is<Tree> = mapOf(isSupervised);

/** When its supervisor starts a child again, by its specification as the agent prints it. */
export function isRestarted({ spec }: Supervised, when: 'temporary' | 'transient'): boolean {
  return spec?.text.includes(`restart=>${when}`) ?? false;
}

/** Whether two specifications start a child alike. */
export function startsAlike(one: Supervised, other: Supervised): boolean {
  const [mine, its] = [one.spec, other.spec];
  return mine?.exactStart !== undefined && its?.exactStart !== undefined
    ? mine.exactStart === its.exactStart
    : mine?.start === its?.start;
}

/** Whether two specifications are one. */
export function specifiedAlike(one: Supervised, other: Supervised): boolean {
  const [mine, its] = [one.spec, other.spec];
  return mine?.exact !== undefined && its?.exact !== undefined ? mine.exact === its.exact : mine?.text === its?.text;
}
