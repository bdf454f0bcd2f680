import type { Difference, Drift, Moment } from '../deployment/drift.js';
import { nameProcess } from '../hot-load/comparison.js';
import { childDifferences } from './children.js';
import { codeDifferences } from './code.js';
import { releaseDifferences, restartDifferences } from './release.js';
import { iso, loadedHotAt, type Seen, sinceBoot } from './seen.js';
import { settingDifferences } from './settings.js';

type Compared = Pick<Drift, 'state' | 'restart' | 'renewal' | 'history' | 'differences' | 'notCompared'>;

/** Compares what runs with a cold boot of the meant image, and with a restart; pure. */
export function compareWithImage(seen: Seen): Compared {
  const { running, meant, startup } = seen;
  if (running.name !== meant.release.name) {
    return ofOther(seen);
  }
  const [restart, settings] = [restartDifferences(seen), settingDifferences(seen)];
  const [code, children] = [codeDifferences(seen), childDifferences(seen)];
  const lasting = [...releaseDifferences(seen), ...code, ...children];
  const differences = [...restart, ...lasting, ...settings, ...processDifferences(seen)];
  const notCompared = unknowns(seen);
  const memory = inMemory(seen);
  return {
    state: differences.length > 0 ? 'differs' : notCompared.length > 0 ? 'unclear' : 'equal',
    ...(startup.boots !== undefined && {
      restart: { boots: startup.boots, same: restart.length === 0 && !code.some(({ subject }) => memory.has(subject)) },
    }),
    renewal: { same: lasting.every(({ kind }) => kind === 'child') && !('unknown' in seen.image) },
    history: history(seen),
    differences,
    notCompared,
  };
}

/** One line instead of one for each application and module of two releases that have nothing in common. */
function ofOther(seen: Seen): Compared {
  const { running, meant } = seen;
  const message = `runs, and ${meant.reference} holds ${meant.release.name} ${meant.release.version}: another application's release`;
  return {
    state: 'differs',
    renewal: { same: false },
    history: history(seen),
    differences: [{ kind: 'release', subject: running.name, message }],
    notCompared: [],
  };
}

/** Code of the VM's memory that its own disk does not hold, and the other way round. */
function inMemory({ running, state }: Seen): ReadonlySet<string> {
  const loaded = state.files.filter(({ module, digest }) => digest !== running.modules[module]);
  return new Set([...loaded.map(({ module }) => module), ...state.foreign, ...state.unloaded]);
}

function processDifferences(seen: Seen): readonly Difference[] {
  const { oldCode, suspended } = seen.state;
  const since = sinceBoot(seen);
  return [
    ...oldCode.map((note) => ({ note, message: `is still in old code of ${note.modules.join(', ')}` })),
    ...suspended.map((note) => ({
      note,
      message: 'is suspended, and does not work until it is resumed (sys:resume/1)',
    })),
  ].map(({ note, message }) => ({ kind: 'process', subject: nameProcess(note), message, since }));
}

function unknowns({ boot, configured, image, meant }: Seen): readonly string[] {
  return [
    ...('unknown' in boot
      ? [
          `the supervision tree, what ${meant.reference} configures, and which settings the release gives itself: ${boot.unknown}`,
        ]
      : 'unknown' in boot.configured
        ? [`what ${meant.reference} configures: ${boot.configured.unknown}`]
        : []),
    ...('unknown' in configured ? [`the settings: ${configured.unknown}`] : []),
    ...('unknown' in image ? [`the image outside of the release: ${image.unknown}`] : []),
  ];
}

function history(seen: Seen): readonly Moment[] {
  const { running, state, startup } = seen;
  const loadedAt = loadedHotAt(seen);
  const moments = [
    { ms: state.bootedAt, what: 'the VM started' },
    ...(startup.loadedAt === undefined
      ? []
      : [
          loadedAt === undefined
            ? { ms: startup.loadedAt, what: `${running.version} was brought in by a hot deploy` }
            : { ms: loadedAt, what: `${running.version} was loaded hot` },
        ]),
    ...(startup.loadedAt !== undefined && startup.permanentAt !== undefined && startup.boots === running.version
      ? [{ ms: startup.permanentAt, what: `${running.version} was made permanent` }]
      : []),
  ];
  return moments.sort((one, other) => one.ms - other.ms).map(({ ms, what }) => ({ at: iso(ms), what }));
}
