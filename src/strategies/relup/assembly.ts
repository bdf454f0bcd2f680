import type { Engine } from '../../engines/engine.js';
import { makeBundle } from '../../hot-load/bundle.js';
import { type SupervisorUpdate, updateSupervisors } from '../../hot-load/children.js';
import type { HandWritten } from '../../hot-load/comparison.js';
import type { Assembly, Material } from '../../hot-load/hot-strategy.js';
import { withOld } from '../../hot-load/old.js';
import { effectOf } from '../../hot-load/script.js';
import { explain } from '../../hot-load/words.js';
import { AgentError } from '../../node/agent.js';
import { exchanged } from '../../release/compare.js';
import type { Toolbox } from '../../release/toolbox.js';
import { type Appup, generateAppups } from './appup.js';
import { placeHandWritten } from './hand-written.js';
import { makeRelup } from './relup.js';

/** Makes the bundle in the workshop, from the appups that are written by hand and generated ones for all others. */
export async function assemble(
  engine: Engine,
  container: string,
  workshop: Toolbox,
  material: Material,
): Promise<Assembly> {
  return await withOld(engine, container, workshop, material, () => assembled(workshop, material));
}

async function assembled(workshop: Toolbox, material: Material): Promise<Assembly> {
  const { running, next, change, placement, modules, images, context } = material;
  const appups = await placeHandWritten(workshop, context, change.applications.changed);
  if (appups.some(({ kind }) => kind !== 'usable')) {
    return { kind: 'unusable', appups };
  }
  const supervisors = supervisorUpdates(material, appups);
  try {
    const gone = modules.flatMap(({ removed }) => removed.filter(({ protocol }) => protocol));
    const relup = await makeRelup(
      workshop,
      running,
      next,
      change,
      placement,
      generated(material, appups, supervisors),
      gone.map(({ module }) => module),
    );
    const words = explain(change, modules, relup, appups, supervisors);
    return {
      kind: 'made',
      appups,
      bundle: await makeBundle(workshop, running, next, change, placement, {
        ...{ ...effectOf(relup), relup, words, images },
      }),
    };
  } catch (error) {
    if (error instanceof AgentError && error.code === 'relup_failed') {
      return { kind: 'failed', appups, why: error.message.trim() };
    }
    throw error;
  }
}

/** Updates of supervisors, without those of applications whose appup is written by hand: that has its own. */
function supervisorUpdates(
  { modules, supervision }: Material,
  written: readonly HandWritten[],
): readonly SupervisorUpdate[] {
  const exchanged = new Set(modules.flatMap(({ changed }) => changed.map(({ to }) => to.module)));
  const changes = 'unknown' in supervision ? [] : supervision;
  return updateSupervisors(changes, exchanged).updates.filter(
    ({ application }) => !written.some((appup) => appup.application === application),
  );
}

/** Only among themselves: systools knows no dependency on a module that a hand-written appup may leave out. */
function generated(
  { change, modules }: Material,
  written: readonly HandWritten[],
  supervisors: readonly SupervisorUpdate[],
): readonly Appup[] {
  const changed = exchanged(change).filter(({ name }) => !written.some(({ application }) => application === name));
  // Those of an application that does not change, and so has no appup, come with the last one that has.
  const homeless = supervisors.filter(({ application }) => !changed.some(({ name }) => name === application));
  return generateAppups(
    changed.flatMap((application, at) => {
      const read = modules.find(({ name }) => name === application.name);
      const own = [
        ...supervisors.filter((update) => update.application === application.name),
        ...(at === changed.length - 1 ? homeless : []),
      ];
      return read === undefined ? [] : [{ change: application, modules: read, supervisors: own }];
    }),
  );
}
