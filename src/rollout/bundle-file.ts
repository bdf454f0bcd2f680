import { join } from 'node:path';
import type { Inputs } from '../config/inputs.js';
import type { Artifact, TargetPlan } from '../strategies/strategy.js';
import type { Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { writeFile } from '../system/write-file.js';

/**
 * Where a bundle of a plan lies, or would: `hot-deploy-FROM-TO.tar.gz` in the folder, or the file that was named. Of several
 * between the same versions (an image may hold several releases) the later ones get a number.
 */
export function bundleFile(
  { bundlePath }: Inputs,
  { from, to }: Pick<Artifact, 'from' | 'to'>,
  earlier: readonly Pick<Artifact, 'from' | 'to'>[] = [],
): string {
  const safe = (version: string) => version.replace(/[^A-Za-z0-9.+_-]/g, '_');
  const named = bundlePath.endsWith('.tar.gz');
  const path = named ? bundlePath : join(bundlePath, `hot-deploy-${safe(from)}-${safe(to)}.tar.gz`);
  const count = earlier.filter((each) => named || (each.from === from && each.to === to)).length;
  return count === 0 ? path : path.replace(/\.tar\.gz$/, `.${count + 1}.tar.gz`);
}

/** One whose place nobody named is of use only beside a deploy. */
export const isBundleWritten = ({ unnamed }: Inputs, carriedOut: boolean) => carriedOut || !unnamed.has('bundle-path');

/** Writes the artifacts of all hot plans. A disk that is full changes nothing about the deploy. */
export async function writeBundle(inputs: Inputs, plans: readonly TargetPlan[], log: Log): Promise<void> {
  for (const [at, bundle] of bundlesOf(plans).entries()) {
    const path = bundleFile(inputs, bundle, bundlesOf(plans).slice(0, at));
    try {
      await writeFile(path, bundle.artifact);
      log.info(`bundle: ${path}, ${Math.ceil(bundle.artifact.length / 1024)} KiB, ${bundle.applications.join(', ')}`);
    } catch (cause) {
      log.warning(`The bundle could not be written to ${path}: ${messageOf(cause)}`);
    }
  }
}

/** Each bundle once. */
export function bundlesOf(plans: readonly TargetPlan[]): readonly Artifact[] {
  return [...new Set(plans.flatMap(({ update }) => update?.artifact ?? []))];
}
