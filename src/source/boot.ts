import { randomUUID } from 'node:crypto';
import type { Inputs } from '../config/inputs.js';
import type { RunContext } from '../deployment/run-context.js';
import type { ContainerDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { roleLabel } from '../engines/throw-away.js';
import { Refusal } from '../reasons/refusal.js';
import { newSalt } from '../release/baseline.js';
import { ownLog } from '../release/confinement.js';
import { bootIsolated } from '../release/isolation.js';
import { messageOf } from '../system/message-of.js';
import type { OriginImage } from './provide.js';

/** A container that stands for those that run, where only their image is at hand. */
export interface FromImage {
  /** Under the image's name. */
  readonly container: ContainerDetails;
  /** Never fails: what could not be removed is a warning, and the next run removes it. */
  close(): Promise<void>;
}

const hostname = 'stand-in';

/** Boots an image with nothing but what the user allows it. Refuses where it does not come up. */
export async function bootFromImage(
  engine: Engine,
  { name, id: image }: OriginImage,
  inputs: Inputs,
  { clock, log, signal }: Pick<RunContext, 'clock' | 'log' | 'signal'>,
): Promise<FromImage> {
  const id = await engine.createContainer(`hot-deploy-stand-in-${randomUUID().slice(0, 8)}`, {
    Image: image,
    Env: inputs.rehearseEnv,
    Hostname: hostname,
    Healthcheck: { Test: ['NONE'] },
    Labels: { [roleLabel]: 'stand-in' },
    HostConfig: {
      LogConfig: ownLog,
      NetworkMode: inputs.rehearseNetwork ?? 'none',
      ExtraHosts: [`${hostname}:127.0.0.1`],
    },
  });
  const remove = () => engine.removeContainer(id, { force: true, volumes: true });
  const close = () =>
    remove().catch((error: unknown) =>
      log.warning(`A throw-away container was left, which the next run removes: ${messageOf(error)}`),
    );
  signal.addEventListener('abort', () => void remove().catch(() => undefined), { once: true });
  if (signal.aborted) await close();
  try {
    const named = {
      nodeName: inputs.nodeName ?? '',
      named: inputs.nodeName !== undefined,
      environment: inputs.rehearseEnv,
    };
    const booted = await bootIsolated(engine, id, named, newSalt(), clock);
    if (booted.kind === 'failed') {
      throw new Refusal(
        `${name} does not boot on its own, so there is nothing to compare with: ${booted.why} What it needs can be given by rehearse-env and rehearse-network.`,
      );
    }
    return { container: { ...(await engine.inspectContainer(id)), Name: `/${name}` }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
