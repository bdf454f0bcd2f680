import { type Is, isNumber, isText, listOf, mapOf, membersOf, optional } from '../system/shape.js';

/** A process as the node tells it. */
export interface ProcessNote {
  /** As the node prints it: `<0.123.0>`. */
  readonly pid: string;
  readonly name?: string;
  readonly modules: readonly string[];
}

export const isNote: Is<ProcessNote> = membersOf({
  ...{ pid: isText, name: optional(isText), modules: listOf(isText) },
});

/** What the node said an upgrade would do to its processes. */
export interface ProcessCheck {
  readonly held: number;
  readonly supervisors: readonly { readonly path: string; readonly why: string }[];
  readonly wouldDie: readonly ProcessNote[];
  readonly unanswering: readonly ProcessNote[];
  readonly unsupervised: readonly ProcessNote[];
  /** Funs made in these modules that are kept outside of processes. */
  readonly funs: readonly { readonly place: string; readonly module: string }[];
  /** Where such funs were not looked for: tables with too much in them. */
  readonly unseen: readonly string[];
  /** Processes of a framework that run these modules, and how many: open channels and pages. */
  readonly hosts: Readonly<Record<string, number>>;
  /** How many processes each module has that holds them. */
  readonly counts: Readonly<Record<string, number>>;
}

export const isProcessCheck: Is<ProcessCheck> = membersOf({
  ...{ held: isNumber, supervisors: listOf(membersOf({ path: isText, why: isText })), wouldDie: listOf(isNote) },
  ...{ unanswering: listOf(isNote), unsupervised: listOf(isNote), unseen: listOf(isText) },
  ...{ funs: listOf(membersOf({ place: isText, module: isText })), hosts: mapOf(isNumber), counts: mapOf(isNumber) },
});
