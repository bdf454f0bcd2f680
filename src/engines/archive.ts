import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import { type Call, statusOf } from './call.js';
import type { Engine, FileStat } from './engine.js';

/** A release of hundreds of megabytes over a slow line takes its time. */
const archiveTimeoutMs = 600_000;

type ArchiveCalls = Pick<Engine, 'putArchive' | 'getArchive' | 'stat' | 'added'>;

export function archiveCalls(docker: Dockerode, call: Call): ArchiveCalls {
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
      ).catch(noSuchPath),

    stat: (container, path) =>
      call(`look at ${path} in container ${container}`, async (abortSignal) => {
        const asked = docker.getContainer(container);
        try {
          const response = (await asked.infoArchive({ path, abortSignal })) as IncomingMessage;
          response.resume();
          return statOf(String(response.headers['x-docker-container-path-stat']));
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
          // An answer to HEAD has no words that would say what there is not.
          await asked.inspect({ abortSignal });
          return undefined;
        }
      }),

    added: async (container) => {
      const changes: unknown = await call(
        `list what was added to container ${container}`,
        (abortSignal) => docker.getContainer(container).changes({ abortSignal }),
        { timeoutMs: archiveTimeoutMs },
      );
      // Without any the Engine says null, of which docker-modem makes bytes.
      const all: readonly Change[] = Array.isArray(changes) ? changes : [];
      return all.filter(({ Kind: kind }) => kind === added).map(({ Path: path }) => path);
    },
  };
}

interface Change {
  readonly Path: string;
  readonly Kind: number;
}
const added = 1;

/** The Engine's answer is JSON in base64. Its mode is Go's: permissions below, kinds of files above. */
function statOf(header: string): FileStat {
  const { mode, size, mtime } = JSON.parse(Buffer.from(header, 'base64').toString()) as Record<string, number | string>;
  const bits = Number(mode);
  const kinds = 0x8f28_0000;
  return {
    isFile: (bits & kinds) === 0,
    permissions: bits & 0o777,
    size: Number(size),
    modified: Date.parse(String(mtime)),
  };
}

/** The same status stands for a container that is not there, which is no answer to the question. */
function noSuchPath(error: unknown): undefined {
  if (statusOf(error) !== 404 || /no such container/i.test(String(error))) throw error;
}
