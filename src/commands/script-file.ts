import type { Inputs } from '../config/inputs.js';
import type { Report } from '../deployment/report.js';
import type { RunContext } from '../deployment/run-context.js';
import { type ContainerDetails, nameOf } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { isNode } from '../engines/names.js';
import { script } from '../fallback/script.js';
import { Refusal } from '../reasons/refusal.js';
import { scripted } from '../rollout/reporting.js';
import { steps } from '../rollout/steps.js';
import { injected } from '../strategies/recreate/injected.js';
import type { Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { writeFile } from '../system/write-file.js';
import { openSession } from './session.js';
import { withTargets } from './with-targets.js';

/** Writes `hot-deploy.sh` and nothing else. */
export async function writeScriptOnly(inputs: Inputs, world: RunContext): Promise<Report> {
  return await openSession(inputs, world, (engine, draft) =>
    withTargets(engine, draft, async (on, its, containers) => {
      const path = await steps(world)('Write the script', () => write(on, inputs, containers)).catch(
        (cause: unknown) => {
          throw new Refusal(`The script could not be written to ${inputs.scriptPath}: ${messageOf(cause)}`, { cause });
        },
      );
      world.log.info(`script: ${path}`);
      return scripted(its, path);
    }),
  );
}

/** The same beside a deploy, which it can do no harm: undefined where it could not be written. */
export async function writeScript(
  engine: Engine,
  inputs: Inputs,
  containers: readonly ContainerDetails[],
  log: Log,
): Promise<string | undefined> {
  try {
    const path = await write(engine, inputs, containers);
    log.info(`script: ${path}`);
    return path;
  } catch (error) {
    log.warning(`The script could not be written to ${inputs.scriptPath}: ${messageOf(error)}`);
    return undefined;
  }
}

async function write(engine: Engine, inputs: Inputs, containers: readonly ContainerDetails[]): Promise<string> {
  const { scriptPath: path, withEnv, image } = inputs;
  const each = await Promise.all(
    // The script reaches no node through another one.
    containers
      .filter(({ Id: id }) => !isNode(id))
      .map(async (container) => {
        const oldImage = await engine.findImage(container.Image);
        if (oldImage === undefined) {
          const name = nameOf(container);
          throw new Error(
            `the engine no longer has the image ${container.Image} that ${name} was made from, so its own settings cannot be told from the image's.`,
          );
        }
        return { container, oldImage, injected: await injected(engine, container) };
      }),
  );
  const text = script({ inputs: { ...inputs, image: image ?? '' }, containers: each, withEnv });
  const mode = withEnv ? 0o600 : 0o755;
  // From the beginning with that mode: nobody else ever reads what may hold secrets.
  await writeFile(path, text, mode);
  return path;
}
