import { isNumber, isText, listOf, membersOf, orNothing, parsedJson } from '../system/shape.js';
import { readAll } from './bounded.js';
import { type Call, statusOf, unless } from './call.js';
import type { Engine, FileStat } from './engine.js';
import { open, order, read, type Transport } from './request.js';

/** A release of hundreds of megabytes over a slow line takes its time. */
const archiveTimeoutMs = 600_000;
/** What little is read of a container comes at once, or something is wrong. */
const [smallBytes, smallTimeoutMs] = [64 * 1_048_576, 60_000];

type ArchiveCalls = Pick<Engine, 'putArchive' | 'getArchive' | 'stat' | 'added'>;

export function archiveCalls(docker: Transport, call: Call): ArchiveCalls {
  const archive = (container: string, path: string) => ({
    path: ['containers', container, 'archive'],
    query: { path },
  });
  return {
    putArchive: async (container, path, tar) => {
      await call(
        `unpack ${tar.length} bytes at ${path} in container ${container}`,
        (signal) => order(docker, { method: 'PUT', ...archive(container, path), tar }, signal),
        { timeoutMs: archiveTimeoutMs },
      );
    },

    getArchive: (container, path, mostBytes) =>
      call(
        `read ${path} in container ${container}`,
        async (signal) => await readAll(await open(docker, archive(container, path), signal), signal, mostBytes),
        { timeoutMs: mostBytes > smallBytes ? archiveTimeoutMs : smallTimeoutMs, reads: true },
      ).catch(noSuchPath),

    stat: (container, path) =>
      call(`look at ${path} in container ${container}`, async (signal) => {
        try {
          const response = await open(docker, { method: 'HEAD', ...archive(container, path) }, signal);
          response.resume();
          return statOf(String(response.headers['x-docker-container-path-stat']));
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
          // An answer to HEAD has no words that would say what there is not.
          await order(docker, { path: ['containers', container, 'json'] }, signal);
          return undefined;
        }
      }),

    added: async (container) => {
      const all = await call(
        `list what was added to container ${container}`,
        (signal) => read(docker, { path: ['containers', container, 'changes'] }, signal, isChanges),
        { timeoutMs: smallTimeoutMs, reads: true },
      );
      return (all ?? []).filter(({ Kind: kind }) => kind === added).map(({ Path: path }) => path);
    },
  };
}

/** Without any the Engine says null. */
const isChanges = orNothing(listOf(membersOf({ Path: isText, Kind: isNumber })));
const added = 1;

/** The Engine's answer is JSON in base64. Its mode is Go's: permissions below, kinds of files above. */
function statOf(header: string): FileStat {
  const stat = parsedJson(Buffer.from(header, 'base64').toString());
  if (!isStat(stat)) throw new Error('what it answered is none of what an engine answers');
  const kinds = 0x8f28_0000;
  return {
    isFile: (stat.mode & kinds) === 0,
    permissions: stat.mode & 0o777,
    size: stat.size,
    modified: Date.parse(stat.mtime),
  };
}

const isStat = membersOf({ mode: isNumber, size: isNumber, mtime: isText });

/** The same status stands for a container that is not there, which is no answer to the question. */
function noSuchPath(error: unknown): undefined {
  if (/no such container/i.test(String(error))) throw error;
  return unless(404)(error);
}
