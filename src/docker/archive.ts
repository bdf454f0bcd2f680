import { buffer } from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import { type Call, statusOf } from './call.js';
import type { Engine } from './engine.js';

/** A release of hundreds of megabytes over a slow line takes its time. */
const archiveTimeoutMs = 600_000;

export function archiveCalls(docker: Dockerode, call: Call): Pick<Engine, 'putArchive' | 'getArchive'> {
  return {
    putArchive: async (container, path, tar) => {
      await call(
        `unpack ${tar.length} bytes at ${path} in container ${container}`,
        (abortSignal) => docker.getContainer(container).putArchive(tar, { path, abortSignal }),
        { timeoutMs: archiveTimeoutMs },
      );
    },

    getArchive: (container, path) =>
      call(
        `read ${path} in container ${container}`,
        async (abortSignal) => buffer(await docker.getContainer(container).getArchive({ path, abortSignal })),
        { timeoutMs: archiveTimeoutMs },
      ).catch((error: unknown) => {
        // The same status stands for a container that is not there, which is no answer to the question.
        if (statusOf(error) === 404 && !/no such container/i.test(String(error))) return undefined;
        throw error;
      }),
  };
}
