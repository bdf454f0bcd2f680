import { setTimeout as pause } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { type Call, statusOf } from './call.js';
import { interleaved, lineReader } from './demultiplex.js';
import type { ContainerDetails } from './details.js';
import type { Engine } from './engine.js';
import { get } from './get.js';

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

export function containerCalls(docker: Dockerode, call: Call): ContainerCalls {
  const inspect = (id: string): Promise<ContainerDetails> =>
    call(`inspect container ${id}`, async (abortSignal) => {
      const details = await docker.getContainer(id).inspect({ abortSignal });
      if (!means(details, id)) throw Object.assign(new Error(`No such container: ${id}`), { statusCode: 404 });
      return details;
    });

  const find = (id: string) => inspect(id).catch(absent);

  const stopTimeoutMs = async (id: string, seconds: number | undefined) => {
    const patience = seconds ?? (await find(id))?.Config.StopTimeout ?? defaultStopSeconds;
    // The Engine waits for ever where it is told a negative number of seconds.
    return patience < 0 ? Number.POSITIVE_INFINITY : patience * 1_000 + diskTimeoutMs;
  };

  const gone = (id: string) =>
    call(
      `remove container ${id}`,
      async (abortSignal) => {
        while (!abortSignal.aborted && (await find(id)) !== undefined) await pause(50);
      },
      { timeoutMs: diskTimeoutMs },
    );

  return {
    inspectContainer: inspect,
    findContainer: find,

    containers: async () => {
      const listed = await call('list containers', (abortSignal) => docker.listContainers({ all: true, abortSignal }));
      return listed.map((container) => ({
        id: container.Id,
        names: container.Names.map(withoutSlash),
        labels: container.Labels,
        state: container.State,
        createdAt: container.Created * 1_000,
        networkMode: container.HostConfig.NetworkMode,
      }));
    },

    createContainer: async (name, spec) => {
      const created = await call(
        `create container ${name}`,
        // Told apart from the query, or dockerode writes the whole body, environment and all, into the address as well.
        (abortSignal) => docker.createContainer({ _query: { name }, _body: spec, abortSignal } as object),
        { timeoutMs: diskTimeoutMs },
      );
      return created.id;
    },

    startContainer: (id) =>
      call(`start container ${id}`, (abortSignal) => docker.getContainer(id).start({ abortSignal }), {
        timeoutMs: diskTimeoutMs,
      }).catch(already(304)),

    stopContainer: async (id, seconds) => {
      const timeoutMs = await stopTimeoutMs(id, seconds);
      const patience = seconds === undefined ? {} : { t: seconds };
      await call(`stop container ${id}`, (abortSignal) => docker.getContainer(id).stop({ ...patience, abortSignal }), {
        timeoutMs,
      }).catch(already(304));
    },

    renameContainer: (id, name) =>
      call(`rename container ${id} to ${name}`, (abortSignal) =>
        docker.getContainer(id).rename({ _query: { name }, _body: {}, abortSignal }),
      ),

    removeContainer: async (id, { force = false, volumes = false } = {}) => {
      const options = { force, v: volumes };
      try {
        await call(
          `remove container ${id}`,
          (abortSignal) => docker.getContainer(id).remove({ ...options, abortSignal } as object),
          { timeoutMs: diskTimeoutMs },
        );
      } catch (error) {
        // A container with --rm is removed by the engine itself when it stops.
        if (statusOf(error) === 409 && /already in progress/.test(String(error))) return gone(id);
        return already(404)(error);
      }
    },

    updateRestartPolicy: async (id, policy) => {
      await call(`set the restart policy of container ${id} to ${policy.Name}`, (abortSignal) =>
        docker.getContainer(id).update({ RestartPolicy: policy, abortSignal }),
      );
    },

    containerSize: async (id) => {
      const { SizeRw: bytes = 0 } = await call(
        `measure container ${id}`,
        (abortSignal) =>
          get<{ readonly SizeRw?: number }>(docker, `/containers/${id}/json?size=1`, 'no such container', abortSignal),
        { timeoutMs: diskTimeoutMs },
      );
      return bytes;
    },

    logs: async (id, lines) => {
      const { Config: config } = await inspect(id);
      const written: unknown = await call(`read the logs of container ${id}`, (abortSignal) =>
        docker.getContainer(id).logs({ stdout: true, stderr: true, tail: lines, abortSignal }),
      );
      // docker-modem parses whatever is JSON: the one line of a container with a terminal may be.
      const bytes = Buffer.isBuffer(written) ? written : Buffer.from(JSON.stringify(written));
      return (config.Tty ? bytes : interleaved(bytes)).toString();
    },

    followLogs: (id, line, signal) =>
      call(
        `follow the logs of container ${id}`,
        async () => {
          const stream = await docker
            .getContainer(id)
            .logs({ follow: true, stdout: true, stderr: true, abortSignal: signal });
          const reader = lineReader(line);
          for await (const chunk of stream) reader.read(chunk as Buffer);
          reader.end();
        },
        { timeoutMs: Number.POSITIVE_INFINITY },
      ).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
  };
}

/** The Engine also takes the beginning of an id: a container that is called `cafe` would be any whose id begins so. */
function means({ Id: id, Name: name }: ContainerDetails, asked: string): boolean {
  return id === asked || withoutSlash(name) === asked || (asked.length >= 12 && id.startsWith(asked));
}

function withoutSlash(name: string): string {
  return name.replace(/^\//, '');
}

function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}

/** The status with which the Engine says that what was asked for is so already. */
function already(status: number): (error: unknown) => void {
  return (error) => {
    if (statusOf(error) !== status) throw error;
  };
}
