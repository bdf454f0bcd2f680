/** What one container runs against what a new one on the image would run. Names and keys only: values may be secrets. */
export interface Drift {
  /** `unclear`: nothing differs, and something that matters could not be compared. `unread`: it could not be asked. */
  readonly state: 'equal' | 'differs' | 'unclear' | 'unread';
  /** The image that the container was made from. */
  readonly madeFrom: ImageName & { readonly present: boolean };
  /** The image that a new container would be made from, as its reference resolves now; absent where it does not. */
  readonly meant?: ImageName & { readonly reference: string; readonly version?: string };
  readonly runs?: { readonly name: string; readonly version: string; readonly node: string; readonly otp: string };
  /** What a restart of this same container would boot, and whether that is what runs. */
  readonly restart?: { readonly boots: string; readonly same: boolean };
  /** Whether a new container on the meant image would run what runs. */
  readonly renewal?: { readonly same: boolean };
  /** What is known of when, oldest first. */
  readonly history: readonly Moment[];
  readonly differences: readonly Difference[];
  /** What could not be compared, in words. */
  readonly notCompared: readonly string[];
}

export interface ImageName {
  readonly id: string;
  /** The tags that name it now. */
  readonly names: readonly string[];
}

export interface Moment {
  /** ISO 8601. */
  readonly at: string;
  readonly what: string;
}

export interface Difference {
  readonly kind: Kind;
  /** A run's versions, a release, an application, a module, a key (`app:key`), a place in the supervision tree, a process, a file. */
  readonly subject: string;
  /** How it differs, to be read after the subject. */
  readonly message: string;
  readonly since?: Since;
}

export const kinds = [
  'run',
  'release',
  'restart',
  'application',
  'module',
  'protocol',
  'setting',
  'child',
  'process',
  'file',
  'container',
] as const;

type Kind = (typeof kinds)[number];

/** ISO 8601 times: exactly then, at some time after an event that is known, or by an event at the latest. */
export type Since =
  | { readonly at: string }
  | { readonly after: string; readonly event: string }
  | { readonly by: string; readonly event: string };

/** Of all containers of a run, how many are in which state. */
export type Tally = Readonly<Record<Drift['state'], number>>;

export function tally(drifts: readonly Drift[]): Tally {
  const of = (state: Drift['state']) => drifts.filter((drift) => drift.state === state).length;
  return { equal: of('equal'), differs: of('differs'), unclear: of('unclear'), unread: of('unread') };
}
