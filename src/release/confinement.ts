import type { ContainerDetails } from '../engines/details.js';

// A VM counts its schedulers by them, and a release its partitions and pools by those: it would come up otherwise.
const limits = [
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'NanoCpus',
  'CpuShares',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'PidsLimit',
  'Ulimits',
  'ShmSize',
  'Tmpfs',
  'Init',
] as const;

// It may do no more than the one it stands for. What that one was given beyond the usual it does not get.
const restrictions = ['CapDrop', 'SecurityOpt'] as const;

/** How far a container's own settings keep it in: what a throw-away container takes over of its HostConfig. */
export function confinement({ HostConfig: all }: ContainerDetails): Readonly<Record<string, unknown>> {
  const settings = all as unknown as Readonly<Record<string, unknown>>;
  const kept = [...limits, ...restrictions].filter((name) => settings[name] !== undefined && settings[name] !== null);
  return Object.fromEntries(kept.map((name) => [name, settings[name]]));
}

/** On the engine's host alone: the engine's own default may send production's log collector what serves nobody. */
export const ownLog = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '1' } } as const;
