import type { Engine, Fence } from '../engines/engine.js';

/** What changes containers and names of images. What is executed in a container asks by itself (node/node.ts). */
const changing = [
  ...['createContainer', 'startContainer', 'stopContainer', 'renameContainer', 'removeContainer'],
  ...['updateRestartPolicy', 'connectNetwork', 'disconnectNetwork'],
  ...['putArchive', 'tagImage', 'untagImage'],
] as readonly (keyof Engine)[];

/** The engine for a run that holds a lock: each call that changes something is made only if its check has just passed. */
export function fenced(engine: Engine, fence: Fence): Engine {
  const guarded = changing.map((name) => {
    const call = engine[name] as (...given: readonly unknown[]) => Promise<unknown>;
    return [
      name,
      async (...given: readonly unknown[]) => {
        await fence.check();
        return await call(...given);
      },
    ];
  });
  return { ...engine, ...(Object.fromEntries(guarded) as Partial<Engine>), fence };
}
