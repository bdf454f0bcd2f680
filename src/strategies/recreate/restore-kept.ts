import { type ContainerDetails, nameOf } from '../../engines/details.js';
import { networkMode } from '../../engines/endpoints.js';
import type { Engine } from '../../engines/engine.js';
import { revivalNames } from '../../engines/names.js';
import { differingSettings, settings } from '../../engines/settings.js';
import { dependents } from './dependents.js';
import { preflight } from './preflight.js';
import { phases, type Recreated, type RecreateOptions, replace, unlessCancelled, untouched } from './replace.js';

export interface KeptReplacement {
  readonly running: ContainerDetails;
  /** An earlier container of the same name that was kept, stopped. */
  readonly kept: ContainerDetails;
}

/**
 * Starts a kept container again in the place of the one that runs, which then stays stopped until the caller makes it final
 * or goes back to it, as after a re-creation.
 */
export async function restoreKept(
  engine: Engine,
  { running, kept }: KeptReplacement,
  options: RecreateOptions,
): Promise<Recreated> {
  const names = revivalNames(running, kept);
  let warnings: readonly string[];
  try {
    await preflight(engine, running, options);
    warnings = await dependents(engine, running);
    const reasons = await whyNotRestorable(engine, { running, kept });
    if (reasons.length > 0)
      throw new Error(`${nameOf(kept)} cannot take the place of ${names.own}: ${reasons.join(' ')}`);
    await options.record('create');
    // From here on its name says for whom it stands in, wherever this is cut short.
    await engine.renameContainer(kept.Id, names.fresh);
    unlessCancelled(options);
    await options.record('stop');
    unlessCancelled(options);
  } catch (error) {
    return await untouched(engine, error, { names, claim: options.claim });
  }
  // What differs was asked before.
  const compared = async () => ({ equal: true, differing: [] });
  return await replace(
    engine,
    { old: running, names, fresh: kept.Id },
    { options, phase: phases(options), warnings, compared },
  );
}

/**
 * Why a kept container cannot be started in the place of the one that runs, in sentences: something that it needs is gone,
 * or it would not have what the user has changed since. Empty where it can.
 */
export async function whyNotRestorable(engine: Engine, { running, kept }: KeptReplacement): Promise<readonly string[]> {
  const [image, runningImage] = await Promise.all([engine.findImage(kept.Image), engine.findImage(running.Image)]);
  const missing = [
    ...(kept.State.Running ? [`${nameOf(kept)} runs already.`] : []),
    ...(image === undefined ? [`Its image ${kept.Image} is gone.`] : []),
    ...(runningImage === undefined ? [`The image ${running.Image} is gone, so settings cannot be compared.`] : []),
    ...(await missingNetworks(engine, kept)),
    ...(await missingVolumes(engine, kept)),
  ];
  if (image === undefined || runningImage === undefined) return missing;
  // The policy was taken from it when it was put aside.
  const { RestartPolicy: policy } = running.HostConfig;
  const asItWas: ContainerDetails = {
    ...kept,
    HostConfig: { ...kept.HostConfig, RestartPolicy: policy } as typeof kept.HostConfig,
  };
  const differing = differingSettings(settings(asItWas, image), settings(running, runningImage)).filter(
    (name) => !onlyOfItsClient.test(name),
  );
  return differing.length === 0 ? missing : [...missing, `Settings were changed since: ${differing.join(', ')}.`];
}

/** Who was attached when it was made: it says nothing of one that is started again. */
const onlyOfItsClient = /\b(AttachStdin|AttachStdout|AttachStderr|StdinOnce)$/;

/** The Engine finds networks of a user's by their id, so one that was made again under the same name is another. */
async function missingNetworks(engine: Engine, kept: ContainerDetails): Promise<readonly string[]> {
  const mode = networkMode(kept);
  const host = mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
  if (host !== undefined && !(await engine.findContainer(host))?.State.Running) {
    return [`The container ${host}, in whose network it lives, does not run.`];
  }
  const predefined = ['bridge', 'host', 'none'];
  const networks = Object.entries(kept.NetworkSettings.Networks).filter(([name]) => !predefined.includes(name));
  const found = await Promise.all(
    networks.map(async ([name, { NetworkID: id }]) => ({
      name,
      there: await engine.findNetwork(id === '' ? name : id),
    })),
  );
  return found.flatMap(({ name, there }) =>
    there === undefined ? [`The network ${name} is gone, or was made anew.`] : [],
  );
}

async function missingVolumes(engine: Engine, kept: ContainerDetails): Promise<readonly string[]> {
  const volumes = kept.Mounts.flatMap(({ Type: type, Name: name }) => (type === 'volume' && name ? [name] : []));
  const found = await Promise.all(volumes.map(async (name) => ({ name, there: await engine.hasVolume(name) })));
  return found.flatMap(({ name, there }) => (there ? [] : [`The volume ${name} is gone.`]));
}
