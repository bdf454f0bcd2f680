import type { ContainerPlan } from '../plan/plan.js';
import type { Site } from '../survey/site.js';
import { survey } from '../survey/survey.js';
import type { Remembered } from './past.js';

/** Decides for one container how it goes back. Changes nothing. */
export async function planBack(site: Site, past: Remembered): Promise<ContainerPlan> {
  const [plan] = await survey({ ...site, inputs: { ...site.inputs, strategy: 'restart' } }, [past.container]);
  if (plan === undefined) throw new Error(`Nothing was decided about ${past.name}.`);
  return plan;
}
