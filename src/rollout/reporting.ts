import type { Inputs } from '../config/inputs.js';
import { tally } from '../deployment/drift.js';
import type { Rehearsal } from '../deployment/rehearsal.js';
import type { ComparedWith, ContainerReport, Method, Outcome, Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import type { Journal } from '../journal/journal.js';
import type { Run } from '../journal/run.js';
import type { Measurement } from '../probe/measurement.js';
import { inWords } from '../probe/words.js';
import type { Reason } from '../reasons/reason.js';
import type { Refusal } from '../reasons/refusal.js';
import type { ImageRelease } from '../release/release.js';
import { tell } from '../report/instructions.js';
import type { ProvidedImage } from '../source/provide-image.js';
import { type TargetPlan, versionBy } from '../strategies/strategy.js';
import { bundleFile, bundlesOf, isBundleWritten } from './bundle-file.js';
import type { TargetUpdate } from './target-update.js';

/** What a run knows from its beginning on. */
export interface CurrentRun {
  readonly inputs: Inputs;
  readonly world: RunContext;
  readonly run: Run;
  readonly began: number;
  /** The environment's, where its lock is held. */
  readonly journal?: Journal;
  /** Where no container was asked. */
  readonly comparedWith?: ComparedWith;
}

/** And once it has decided. */
export interface PlannedRun extends CurrentRun {
  /** The engine's address. */
  readonly engine: string;
  readonly image: Pick<ProvidedImage, 'reference' | 'id' | 'previousId'>;
  /** What is deployed, or gone back to. */
  readonly next: Pick<ImageRelease, 'version'>;
  readonly plans: readonly TargetPlan[];
}

export function refused(draft: CurrentRun | PlannedRun, message: string): Report {
  return 'plans' in draft
    ? {
        ...whole(
          draft,
          'refused',
          draft.plans.map((plan) => row(draft, plan, 'refused', 'none')),
        ),
        message,
      }
    : { ...empty(draft, 'refused'), message };
}

export function refusedBy(draft: CurrentRun, { message, output, reasons }: Refusal): Report {
  const report = refused(draft, message);
  return { ...report, reasons: [...report.reasons, ...reasons], ...(output.length > 0 && { output }) };
}

/** Before anything was decided. */
export function failed(draft: CurrentRun, message: string): Report {
  return { ...empty(draft, 'failed'), message };
}

export function planned(draft: PlannedRun): Report {
  return whole(
    draft,
    'planned',
    draft.plans.map((plan) => row(draft, plan, 'planned', plan.update?.method ?? 'none')),
  );
}

export function unchanged(draft: PlannedRun): Report {
  return whole(
    draft,
    'unchanged',
    draft.plans.map((plan) => row(draft, plan, 'unchanged', 'none')),
  );
}

export function report(draft: PlannedRun, carried: readonly TargetUpdate[]): Report {
  const rows = draft.plans.map((plan) => {
    const done = carried.find((each) => each.plan === plan);
    // Those that run it already, and those whose turn did not come.
    return done === undefined
      ? row(draft, plan, plan.update === undefined ? 'unchanged' : 'refused', 'none')
      : rowOf(done, draft);
  });
  if (carried.length === 0) {
    return refused(draft, 'The run was cancelled before anything had changed.');
  }
  const outcome = worst(carried.map(({ ended }) => ended.outcome));
  const messages = carried.flatMap(({ ended }) => ended.message ?? []);
  return {
    ...whole(draft, outcome, rows, true),
    timeline: carried.flatMap(({ timeline }) => timeline).sort((one, other) => one.at - other.at),
    warnings: carried.flatMap(({ ended }) => ended.warnings ?? []),
    ...(messages.length > 0 && { message: messages.join(' ') }),
  };
}

/** Only the script was written. */
export function scripted(draft: CurrentRun, path: string): Report {
  return { ...empty(draft, 'planned'), script: { path } };
}

// What a person has to know first. Where one could not begin and others went back, the fleet was rolled back.
function worst(outcomes: readonly Outcome[]): Outcome {
  const order = ['failed', 'rolled-back', 'refused', 'deployed'] as const;
  return order.find((outcome) => outcomes.includes(outcome)) ?? 'refused';
}

function rowOf({ plan, ended, method, phases, measurement }: TargetUpdate, draft: PlannedRun): ContainerReport {
  const { downtime, latency, failures = [] } = measurement ?? {};
  const { id, proof, unasked, lingering, settings, earlier, message } = ended;
  return {
    ...row(draft, plan, ended.outcome, ended.method ?? method),
    id,
    ...(ended.outcome === 'deployed' && { to: versionBy(plan) ?? draft.next.version }),
    phases,
    ...(downtime && { downtime }),
    ...(failures.length > 0 && { failures: sinceBegan(failures, draft) }),
    ...(latency && { latency }),
    ...(proof && { proof }),
    ...(unasked !== undefined && { unasked }),
    lingering: lingering ?? [],
    notMigrated: proof?.processes.notMigrated ?? [],
    ...(settings && { settings }),
    ...(earlier && { earlier }),
    ...(message && { message }),
  };
}

function sinceBegan(
  failures: Measurement['failures'],
  { began }: CurrentRun,
): NonNullable<ContainerReport['failures']> {
  return failures.map(({ what, count, first, last }) => ({
    what: inWords(what),
    count,
    first: Math.round(first - began),
    last: Math.round(last - began),
  }));
}

function row({ engine, next }: PlannedRun, plan: TargetPlan, outcome: Outcome, method: Method): ContainerReport {
  const { name, container, from, reasons, rehearsal } = plan;
  return {
    name,
    id: container.Id,
    engine,
    outcome,
    method,
    ...(from !== undefined && { from }),
    ...((outcome === 'planned' || outcome === 'unchanged') && { to: versionBy(plan) ?? next.version }),
    reasons,
    ...(rehearsal && { rehearsal: told(rehearsal) }),
    phases: [],
    lingering: [],
    notMigrated: [],
  };
}

function told(rehearsal: Rehearsal): NonNullable<ContainerReport['rehearsal']> {
  const { kind, ms, bootMs } = rehearsal;
  const cost = { kind, ms, ...(bootMs !== undefined && { bootMs }) };
  switch (rehearsal.kind) {
    case 'passed':
      return {
        ...cost,
        wayBack: rehearsal.noWayDown === undefined ? 'downgrade' : 'restart',
        remarks: rehearsal.remarks,
      };
    case 'failed':
      return { ...cost, remarks: [] };
    case 'unrehearsed':
      return { ...cost, remarks: [rehearsal.why] };
  }
}

function whole(
  draft: PlannedRun,
  outcome: Outcome,
  containers: readonly ContainerReport[],
  carriedOut = false,
): Report {
  const { plans, next, image, inputs } = draft;
  const bundles = bundlesOf(plans);
  const [bundle] = bundles;
  const from = plans.find((plan) => plan.from !== undefined)?.from;
  return {
    ...empty(draft, outcome),
    method: overall(containers),
    ...(from !== undefined && { from }),
    // An image may hold several releases: that of the containers counts.
    to: plans.map(versionBy).find((version) => version !== undefined) ?? next.version,
    reasons: distinct(plans.flatMap(({ reasons }) => reasons)),
    containers,
    image: { reference: image.reference, id: image.id, ...(image.previousId && { previousId: image.previousId }) },
    ...(bundle && {
      bundle: {
        ...(isBundleWritten(inputs, carriedOut) && { path: bundleFile(inputs, bundle) }),
        bytes: bundle.artifact.length,
        applications: bundle.applications,
      },
    }),
    instructions: bundles.flatMap((each) =>
      tell(
        each.words,
        plans.flatMap(({ update }) => (update?.artifact === each ? [update.holds ?? {}] : [])),
      ),
    ),
  };
}

function overall(containers: readonly ContainerReport[]): Method {
  const methods = new Set(containers.map(({ method }) => method).filter((method) => method !== 'none'));
  const [first] = methods;
  return methods.size > 1 ? 'recreate' : (first ?? 'none');
}

function distinct(reasons: readonly Reason[]): readonly Reason[] {
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}

export function empty({ inputs, world, began, run, comparedWith }: CurrentRun, outcome: Outcome): Report {
  return {
    schema: 1,
    outcome,
    method: 'none',
    environment: inputs.environment,
    startedAt: run.startedAt,
    durationMs: Math.round(world.clock.now() - began),
    reasons: [],
    containers: [],
    timeline: [],
    instructions: [],
    warnings: [],
    ...(inputs.mode === 'status' && { status: tally([]) }),
    ...(inputs.mode === 'uninstall' && { uninstalled: [] }),
    ...((inputs.mode === 'rollback' || inputs.mode === 'script') && { task: inputs.mode }),
    ...(comparedWith && { comparedWith }),
    ...(run.url && { runUrl: run.url }),
  };
}
