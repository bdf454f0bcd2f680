import type { Changing, ContainerPlan } from '../plan/plan.js';
import type { Measurement } from '../probe/measurement.js';
import { type RunningProbe, startProbe } from '../probe/probe.js';
import { resolveProbe } from '../probe/resolve.js';
import type { ProbeTarget } from '../probe/target.js';
import type { Method, TimelineEvent } from '../report/report.js';
import { bringBack } from './bring-back.js';
import { restart, restartOnOld } from './restart.js';
import { type Ended, type Fleet, recorder, type Work } from './run.js';
import { settle } from './settle.js';
import { upgrade } from './upgrade.js';

/** One container after the switch and the soak, and what may still become of it. */
export interface Carried {
  readonly plan: ContainerPlan;
  readonly ended: Ended;
  readonly method: Method;
  readonly phases: ReturnType<typeof recorder>['phases'];
  readonly timeline: readonly TimelineEvent[];
  readonly measurement?: Measurement;
  /** Makes it final. */
  settle(): Promise<Carried>;
  /** Goes back, because another container failed. */
  revert(): Promise<Carried>;
  /** Only ends the measurement. */
  finish(): Promise<Carried>;
}

/** How long a healthy service is watched before anything changes, so that there is something to compare with. */
const beforeMs = 2_000;
const afterRestartMs = 1_000;

export async function carryOut(fleet: Fleet, plan: Changing): Promise<Carried> {
  const { engine, clock, log, inputs, image, signal, replaced } = fleet;
  const record = recorder(plan.name, clock, log, fleet.began);
  const target =
    inputs.probe ?? (plan.oldImage.Config.Healthcheck?.Test?.length ? ({ kind: 'docker' } as const) : undefined);
  const probe = startFor(fleet, plan, target);
  const work: Work = {
    engine,
    log,
    clock,
    inputs,
    image,
    signal,
    replaced,
    phase: record.phase,
    note: async () => undefined,
    ...(probe && { probe }),
  };
  if (probe !== undefined) {
    await clock.sleep(beforeMs);
  }
  const carried = (ended: Ended, method: Method): Carried => {
    const finish = async (last: Ended): Promise<Carried> => {
      const measurement = await probe?.stop();
      return { ...carried(last, method), ...(measurement && { measurement }) };
    };
    return {
      plan,
      ended,
      method,
      phases: record.phases,
      timeline: record.timeline,
      finish: () => finish(ended),
      settle: async () =>
        finish(
          method === 'relup' && plan.method === 'relup'
            ? await settle(work, plan, ended).catch((error: unknown) => lost(plan, error))
            : ended,
        ),
      revert: async () => finish(await revert(work, plan, ended, method).catch((error: unknown) => lost(plan, error))),
    };
  };

  if (plan.method === 'relup') {
    const ended = await upgrade(work, plan).catch((error: unknown) => lost(plan, error));
    const again =
      inputs.onFailure === 'restart' && inputs.strategy === 'auto' && ended.outcome !== 'deployed' && !ended.overtaken;
    if (!again) {
      return carried(ended, 'relup');
    }
    log.warning(`${plan.name}: on-failure is restart: ${ended.message ?? ''}`);
  }
  const onPhase = (name: string, ms: number) => void record.phases.push({ name, ms: Math.round(ms) });
  const since = clock.now();
  const next = plan.method === 'relup' ? plan.hot.next : plan.next;
  const ended = await restart(work, plan, next, target, onPhase).catch((error: unknown) => lost(plan, error));
  record.timeline.push({
    at: Math.round(since - fleet.began),
    ms: Math.round(clock.now() - since),
    container: plan.name,
    label: 're-create',
  });
  if (probe !== undefined && ended.outcome === 'deployed') {
    await clock.sleep(afterRestartMs);
  }
  return carried(ended, 'recreate');
}

function startFor(
  { engine, clock, log, inputs }: Fleet,
  plan: ContainerPlan,
  target: ProbeTarget | undefined,
): RunningProbe | undefined {
  if (target === undefined) {
    log.warning(`${plan.name} has no HEALTHCHECK and no \`probe\` was given: downtime is not measured`);
    return undefined;
  }
  return startProbe(resolveProbe(target, plan.container, engine.host), {
    intervalMs: inputs.probeIntervalMs,
    clock,
    engine,
  });
}

async function revert(work: Work, plan: ContainerPlan, ended: Ended, method: Method): Promise<Ended> {
  const why = 'another container of the fleet failed';
  return method === 'relup' && plan.method === 'relup'
    ? await bringBack(work, plan, { why, by: 'downgrade' })
    : await restartOnOld(work, plan, ended, why);
}

// Whatever came in between, it is not known what runs: a person must look.
function lost(plan: ContainerPlan, error: unknown): Ended {
  const said = error instanceof Error ? error.message : String(error);
  return { outcome: 'failed', id: plan.container.Id, message: `${plan.name}: ${said}` };
}
