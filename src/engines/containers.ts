import { setTimeout as pause } from 'node:timers/promises';
import { secrets } from '../system/secrets.js';
import { isAnything, isNumber, isText, listOf, mapOf, membersOf, orNothing } from '../system/shape.js';
import { Kept, LongAnswer, readEach } from './bounded.js';
import { type Call, ifThere, statusOf, unless } from './call.js';
import { type ContainerDetails, containerOf } from './details.js';
import type { Engine } from './engine.js';
import { frameReader, lineReader } from './frames.js';
import { open, order, type Request, read, type Transport } from './request.js';

type ContainerCalls = Pick<
  Engine,
  | 'containers'
  | 'inspectContainer'
  | 'findContainer'
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'renameContainer'
  | 'removeContainer'
  | 'updateRestartPolicy'
  | 'containerSize'
  | 'logs'
  | 'followLogs'
>;

/** Unpacking, mounting and tearing down wait for disks, and on a busy machine for each other. */
const diskTimeoutMs = 120_000;
const defaultStopSeconds = 10;
/** The end of a log that is kept, however long its lines are. */
const logBytes = 65_536;
/** Of what a command writes, read as it is written: more of it is no log that anybody reads. */
const followedBytes = 4 * 1_048_576;

export function containerCalls(docker: Transport, call: Call): ContainerCalls {
  const of = (id: string, ...more: readonly string[]): Request => ({ path: ['containers', id, ...more] });
  const post = (id: string, verb: string, more: Omit<Request, 'path' | 'method'> = {}): Request => ({
    ...of(id, verb),
    ...more,
    method: 'POST',
  });

  const inspect = (id: string): Promise<ContainerDetails> =>
    call(`inspect container ${id}`, async (signal) => {
      const details = containerOf(await read(docker, of(id, 'json'), signal, isAnything));
      if (details === undefined) throw new Error('what it answered is no container');
      if (!means(details, id)) throw Object.assign(new Error(`No such container: ${id}`), { statusCode: 404 });
      // Whatever is told of a container from here on, its environment is known by then.
      const { Env: environment, Hostname: host, Image: image } = details.Config;
      secrets.publish(details.Name, image, host);
      secrets.learn(environment ?? [], 'all');
      return details;
    });

  const find = (id: string) => ifThere(inspect(id));

  const stopTimeoutMs = async (id: string, seconds: number | undefined) => {
    const patience = seconds ?? (await find(id))?.Config.StopTimeout ?? defaultStopSeconds;
    // The Engine waits for ever where it is told a negative number of seconds.
    return patience < 0 ? Number.POSITIVE_INFINITY : patience * 1_000 + diskTimeoutMs;
  };

  const gone = (id: string) =>
    call(
      `remove container ${id}`,
      async (signal) => {
        while (!signal.aborted && (await find(id)) !== undefined) await pause(50);
      },
      { timeoutMs: diskTimeoutMs },
    );

  return {
    inspectContainer: inspect,
    findContainer: find,

    containers: async () => {
      const listed = await call('list containers', (signal) =>
        read(docker, { path: ['containers', 'json'], query: { all: true } }, signal, isList),
      );
      return listed.map((container) => ({
        id: container.Id,
        names: (container.Names ?? []).map(withoutSlash),
        labels: container.Labels ?? {},
        state: container.State,
        createdAt: container.Created * 1_000,
        networkMode: container.HostConfig.NetworkMode ?? '',
      }));
    },

    createContainer: async (name, spec) => {
      secrets.learn((spec['Env'] as readonly string[] | undefined) ?? [], 'all');
      const asked = { method: 'POST', path: ['containers', 'create'], query: { name }, json: spec } as const;
      const created = await call(
        `create container ${name}`,
        (signal) => read(docker, asked, signal, membersOf({ Id: isText })),
        { timeoutMs: diskTimeoutMs },
      );
      return created.Id;
    },

    startContainer: (id) =>
      call(`start container ${id}`, (signal) => order(docker, post(id, 'start'), signal), {
        timeoutMs: diskTimeoutMs,
      }).catch(unless(304)),

    stopContainer: async (id, seconds) => {
      const timeoutMs = await stopTimeoutMs(id, seconds);
      const patience = seconds === undefined ? {} : { query: { t: seconds } };
      await call(`stop container ${id}`, (signal) => order(docker, post(id, 'stop', patience), signal), {
        timeoutMs,
      }).catch(unless(304));
    },

    renameContainer: (id, name) =>
      call(`rename container ${id} to ${name}`, (signal) =>
        order(docker, post(id, 'rename', { query: { name } }), signal),
      ),

    removeContainer: async (id, { force = false, volumes = false } = {}) => {
      const asked = { method: 'DELETE', ...of(id), query: { force, v: volumes } } as const;
      try {
        await call(`remove container ${id}`, (signal) => order(docker, asked, signal), { timeoutMs: diskTimeoutMs });
      } catch (error) {
        // A container with --rm is removed by the engine itself when it stops.
        if (statusOf(error) === 409 && /already in progress/.test(String(error))) return gone(id);
        return unless(404)(error);
      }
    },

    updateRestartPolicy: async (id, policy) => {
      await call(`set the restart policy of container ${id} to ${policy.Name}`, (signal) =>
        order(docker, post(id, 'update', { json: { RestartPolicy: policy } }), signal),
      );
    },

    containerSize: async (id) => {
      const { SizeRw: bytes } = await call(
        `measure container ${id}`,
        (signal) =>
          read(docker, { ...of(id, 'json'), query: { size: 1 } }, signal, membersOf({ SizeRw: orNothing(isNumber) })),
        { timeoutMs: diskTimeoutMs, reads: true },
      );
      return bytes ?? 0;
    },

    logs: async (id, lines) => {
      const { Config: config } = await inspect(id);
      const kept = new Kept(logBytes, 'replaces');
      const keep = (bytes: Buffer) => kept.add(bytes);
      const query = { stdout: true, stderr: true, tail: lines };
      await call(
        `read the logs of container ${id}`,
        async (signal) =>
          await readEach(
            await open(docker, { ...of(id, 'logs'), query }, signal),
            signal,
            config.Tty ? keep : frameReader(keep),
          ),
        { reads: true },
      );
      return kept.bytes().toString();
    },

    followLogs: (id, line, signal) =>
      call(
        `follow the logs of container ${id}`,
        async () => {
          const query = { follow: true, stdout: true, stderr: true };
          const stream = await open(docker, { ...of(id, 'logs'), query }, signal);
          const reader = lineReader(line);
          let left = followedBytes;
          await readEach(stream, signal, (chunk) => {
            left -= chunk.length;
            if (left < 0) throw new LongAnswer(followedBytes);
            reader.read(chunk);
          });
          reader.end();
        },
        { timeoutMs: Number.POSITIVE_INFINITY },
      ).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
  };
}

const isList = listOf(
  membersOf({
    ...{ Id: isText, Names: orNothing(listOf(isText)), Labels: orNothing(mapOf(isText)), State: isText },
    ...{ Created: isNumber, HostConfig: membersOf({ NetworkMode: orNothing(isText) }) },
  }),
);

/** The Engine also takes the beginning of an id: a container that is called `cafe` would be any whose id begins so. */
function means({ Id: id, Name: name }: ContainerDetails, asked: string): boolean {
  return id === asked || withoutSlash(name) === asked || (asked.length >= 12 && id.startsWith(asked));
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}
