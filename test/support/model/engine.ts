import { posix } from 'node:path';
import { LongAnswer } from '../../../src/engines/bounded.js';
import { EngineError, Unreadable } from '../../../src/engines/call.js';
import type { ContainerDetails, ImageDetails } from '../../../src/engines/details.js';
import type { ContainerSpec, Engine, ExecCommand, RestartPolicy } from '../../../src/engines/engine.js';
import { ExecTimeout } from '../../../src/engines/exec.js';
import { cleanPath, fields, list } from '../../../src/engines/overrides.js';
import type { Entry } from '../../../src/release/archive.js';
import { created, hash } from '../../engines/created.js';
import type { ModelClock } from './clock.js';
import { type Files, filesOf, packOf, unpackAt } from './files.js';
import { type Answer, type Life, type Program, resultOf } from './program.js';

/** An engine in memory. How far it is one, `test/model/conformance.ts` shows: the same checks are made on a real one. */
export interface ModelEngine {
  readonly engine: Engine;
  /** Takes an image in, under a name; `files` by path, a folder with a slash at its end. */
  image(name: string, made: ModelImage): ImageDetails;
  network(name: string): void;
  /** As `docker run --detach`. */
  run(name: string, spec: ContainerSpec): Promise<ContainerDetails>;
  /** As if its first process had ended by itself. */
  end(idOrName: string, code: number): void;
  /** What its processes know, and what lies in it. */
  inside(id: string): Pick<Life, 'memory' | 'disk'>;
  /** The names of all volumes. */
  volumes(): readonly string[];
  tags(): ReadonlyMap<string, string>;
  /** All that is there, and all that is in it. */
  whole(): unknown;
}

export interface ModelImage {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly program: Program;
  readonly files?: Readonly<Record<string, string>>;
}

interface Image {
  readonly details: ImageDetails;
  readonly program: Program;
  readonly files: Files;
}

interface Health {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
}

interface Container {
  readonly made: ContainerDetails;
  readonly image: Image;
  readonly files: Files;
  /** Of its image, what was removed in it. */
  readonly removed: Set<string>;
  readonly createdAt: number;
  name: string;
  status: 'created' | 'running' | 'restarting' | 'exited';
  exitCode: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  restarts: number;
  policy: RestartPolicy;
  /** Somebody asked it to end: its policy does not start it again. */
  asked: boolean;
  /** As it was last seen, and of what that was made. */
  seen?: { readonly of: readonly unknown[]; readonly as: ContainerDetails };
  /** Aborts when it ends; another one with each start. */
  life: AbortController;
  /** What its processes remember, and the commands that go on in it. */
  memory: Map<string, unknown>;
  underWay: Set<readonly string[]>;
  health: Health | undefined;
  networks: Readonly<Record<string, Record<string, unknown>>>;
}

const never = '0001-01-01T00:00:00Z';
/** The engine's own, doubled each time. */
const firstPauseMs = 100;
/** Why a life has ended: without one Node makes an error of its own each time, with a stack. */
const over = 'it has ended';
/** How long it takes to delete one with --rm that has ended. */
const removalMs = 30;

export function modelEngine(clock: ModelClock, address = 'unix:///model.sock'): ModelEngine {
  const containers = new Map<string, Container>();
  const images = new Map<string, Image>();
  const tags = new Map<string, string>();
  const volumes = new Map<string, Files>();
  const networks = new Map(['bridge', 'host', 'none'].map((name) => [name, hash(name)]));
  let made = 0;

  const fail = (what: string, status: number, words: string): never => {
    throw new EngineError(`The engine at ${address} could not ${what}: ${words} (status ${status}).`, {
      cause: new Error(words),
      status,
    });
  };

  const find = (asked: string): Container | undefined =>
    containers.get(asked) ??
    [...containers.values()].find(({ name }) => name === asked) ??
    (asked.length >= 12 ? [...containers.values()].find(({ made: { Id } }) => Id.startsWith(asked)) : undefined);

  const must = (asked: string, what: string): Container =>
    find(asked) ?? fail(what, 404, `No such container: ${asked}`);

  const imageOf = (reference: string): Image | undefined =>
    images.get(tags.get(withTag(reference)) ?? reference) ??
    [...images.values()].find(
      ({ details: { Id } }) => /^[0-9a-f]{12,}$/.test(reference) && Id.slice(7).startsWith(reference),
    );

  const shown = ({ details }: Image): ImageDetails => ({
    ...details,
    RepoTags: [...tags].filter(([, id]) => id === details.Id).map(([name]) => name),
  });

  const instants = new Map<number | undefined, string>([[undefined, never]]);
  const instant = (at: number | undefined): string => {
    const known = instants.get(at) ?? new Date(at ?? 0).toISOString();
    instants.set(at, known);
    return known;
  };

  /** Made anew where anything of it has changed: much is looked at, and little changes. */
  const details = (container: Container): ContainerDetails => {
    const { name, status, exitCode, startedAt, finishedAt, restarts, policy, health, networks: on } = container;
    const now = [name, status, exitCode, startedAt, finishedAt, restarts, policy, health, on];
    if (!now.every((each, at) => each === container.seen?.of[at])) container.seen = { of: now, as: look(container) };
    return container.seen?.as ?? look(container);
  };

  const look = (container: Container): ContainerDetails => {
    const { made: base, status, exitCode, startedAt, finishedAt, restarts, policy, health, createdAt } = container;
    const running = status === 'running' || status === 'restarting';
    return {
      ...base,
      Name: `/${container.name}`,
      Created: instant(createdAt),
      RestartCount: restarts,
      HostConfig: { ...base.HostConfig, RestartPolicy: policy },
      NetworkSettings: { ...base.NetworkSettings, Networks: container.networks },
      State: {
        ...{ Status: status, Running: running, Paused: false, Restarting: status === 'restarting', OOMKilled: false },
        ...{ Dead: false, Pid: status === 'running' ? 1000 : 0, ExitCode: exitCode, Error: '' },
        ...{ StartedAt: instant(startedAt), FinishedAt: instant(finishedAt) },
        ...(health && { Health: health }),
      },
    } as unknown as ContainerDetails;
  };

  // --- lives -----------------------------------------------------------------------------------------------------------

  const uses = (name: string) =>
    [...containers.values()].some(({ made: { Mounts } }) => Mounts.some((mount) => mount.Name === name));

  const drop = (container: Container, { volumes: also }: { volumes: boolean }) => {
    containers.delete(container.made.Id);
    container.life.abort(over);
    for (const name of also ? ownVolumes(container.made) : []) if (!uses(name)) volumes.delete(name);
  };

  const end = (container: Container, code: number, life = container.life) => {
    if (container.life !== life || life.signal.aborted || container.status !== 'running') return;
    const livedMs = clock.date() - (container.startedAt ?? 0);
    Object.assign(container, { status: 'exited', exitCode: code, finishedAt: clock.date() });
    if (container.health) container.health = { ...container.health, Status: 'unhealthy' };
    const { policy, asked, restarts } = container;
    const again =
      !asked &&
      (['always', 'unless-stopped'].includes(policy.Name) ||
        (policy.Name === 'on-failure' &&
          code !== 0 &&
          restarts < (policy.MaximumRetryCount || Number.POSITIVE_INFINITY)));
    if (container.made.HostConfig.AutoRemove) clock.at(removalMs, () => drop(container, { volumes: true }));
    else if (again) {
      container.status = 'restarting';
      const pauseMs = livedMs >= 10_000 ? firstPauseMs : Math.min(firstPauseMs * 2 ** restarts, 60_000);
      clock.at(pauseMs, () => {
        if (container.status !== 'restarting' || !containers.has(container.made.Id)) return;
        container.restarts += 1;
        begin(container);
      });
    }
    life.abort(over);
  };

  const begin = (container: Container) => {
    const { program } = container.image;
    const life = new AbortController();
    Object.assign(container, { status: 'running', startedAt: clock.date(), asked: false, life, exitCode: 0 });
    Object.assign(container, { memory: new Map(), underWay: new Set() });
    const failed = program.begins?.(lifeOf(container));
    if (failed !== undefined) clock.at(0, () => end(container, failed, life));
    const { afterMs = 0, code = 0, where } = program.ends ?? {};
    const isMeant = where === undefined || container.made.Config.Labels?.[where[0]] === where[1];
    if (program.ends && isMeant) clock.at(afterMs, () => end(container, code, life));
    check(container, life);
  };

  const upMs = ({ startedAt }: Container) => clock.date() - (startedAt ?? 0);

  const passes = (container: Container) => {
    const { healthy = { afterMs: 0 } } = container.image.program;
    return 'never' in healthy
      ? { ok: false, output: healthy.never }
      : { ok: upMs(container) >= healthy.afterMs, output: '' };
  };

  /** The engine's own checks, each so long after the one before. */
  const check = (container: Container, life: AbortController) => {
    const { Healthcheck: said } = container.made.Config;
    container.health = undefined;
    if ((said?.Test?.[0] ?? 'NONE') === 'NONE') return;
    let health: Health = { Status: 'starting', FailingStreak: 0, Log: [] };
    container.health = health;
    const everyMs = (said?.Interval || 30e9) / 1e6;
    const once = () => {
      if (life.signal.aborted) return;
      const { ok, output } = passes(container);
      const FailingStreak = ok ? 0 : health.FailingStreak + 1;
      const isUnhealthy = FailingStreak >= (said?.Retries || 3);
      health = {
        Status: ok ? 'healthy' : isUnhealthy ? 'unhealthy' : health.Status,
        FailingStreak,
        Log: [...health.Log, { ExitCode: ok ? 0 : 1, Output: output }].slice(-5),
      };
      container.health = health;
      clock.at(everyMs, once);
    };
    clock.at(everyMs, once);
  };

  const start = (container: Container, what: string) => {
    if (container.status === 'running') return;
    const { startFails } = container.image.program;
    if (startFails !== undefined) {
      container.exitCode = 127;
      fail(what, 400, startFails);
    }
    const missing = Object.keys(container.networks).find(
      (name) => !networks.has(name) && !name.startsWith('container:'),
    );
    if (missing !== undefined) fail(what, 404, `network ${missing} not found`);
    container.restarts = 0;
    begin(container);
  };

  const stop = async (container: Container, seconds: number) => {
    container.asked = true;
    if (container.status === 'restarting') container.status = 'exited';
    if (container.status !== 'running') return;
    const { life, image } = container;
    const { stops = { afterMs: 0, code: 143 } } = image.program;
    const graceMs = seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1_000;
    const [afterMs, code] = stops !== 'deaf' && stops.afterMs <= graceMs ? [stops.afterMs, stops.code] : [graceMs, 137];
    // It is carried out to its end, also where whoever asked is gone.
    if (Number.isFinite(afterMs)) clock.at(afterMs, () => end(container, code, life));
    await clock.sleep(Math.min(afterMs, 2 ** 31), life.signal);
  };

  // --- files -----------------------------------------------------------------------------------------------------------

  /** The disk that a path lies on, and how it is called there. */
  const disk = ({ made: { Mounts }, files }: Container, path: string) => {
    const mount = Mounts.filter(({ Type: type }) => type === 'volume').find(
      ({ Destination: at }) => path === at || path.startsWith(`${at}/`),
    );
    return mount === undefined
      ? { on: files, prefix: '' }
      : { on: volumes.get(mount.Name ?? ''), prefix: mount.Destination };
  };

  /** One of all that are seen. */
  const fileAt = (container: Container, path: string): Omit<Entry, 'path'> | undefined => {
    const { on, prefix } = disk(container, path);
    const mounted = prefix === '' ? undefined : on?.get(path.slice(prefix.length));
    const own = mounted ?? container.files.get(path);
    return own ?? (container.removed.has(path) ? undefined : container.image.files.get(path));
  };

  const seen = (container: Container): ReadonlyMap<string, Omit<Entry, 'path'>> => {
    const mounted = container.made.Mounts.flatMap(({ Name: name = '', Destination: at }) => [
      ...filesOf({ [`${at}/`]: '' }, container.createdAt),
      ...[...(volumes.get(name) ?? [])].map(([path, file]) => [`${at}${path}`, file] as const),
    ]);
    const image = [...container.image.files].filter(([path]) => !container.removed.has(path));
    return new Map([...image, ...container.files, ...mounted]);
  };

  const put = (container: Container) => (path: string, file: Omit<Entry, 'path'>) => {
    const folder = posix.dirname(path);
    if (folder !== '/' && !fileAt(container, folder))
      put(container)(folder, { ...file, type: 'directory', mode: 0o755, data: Buffer.alloc(0) });
    if (path === '/' || (file.type === 'directory' && fileAt(container, path))) return;
    const { on, prefix } = disk(container, path);
    on?.set(path.slice(prefix.length), file);
  };

  const lifeOf = (container: Container, command?: readonly string[]): Life => ({
    container: container.made.Id,
    labels: { ...container.made.Config.Labels },
    upMs: upMs(container),
    memory: container.memory,
    underWay: [...container.underWay].filter((each) => each !== command),
    disk: {
      read: (path) => fileAt(container, path)?.data,
      below: (path) =>
        [...seen(container)].flatMap(([each, { type }]) =>
          type === 'file' && each.startsWith(`${path}/`) ? each : [],
        ),
      write: (path, text) =>
        put(container)(path, {
          ...{ type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: new Date(clock.date()), data: Buffer.from(text) },
        }),
      remove: (path) => {
        for (const each of seen(container).keys()) {
          if (each !== path && !each.startsWith(`${path}/`)) continue;
          container.files.delete(each);
          if (container.image.files.has(each)) container.removed.add(each);
        }
      },
    },
  });

  const engine: Engine = {
    address,
    host: '127.0.0.1',
    cliEnvironment: { DOCKER_HOST: address },

    containers: async () =>
      [...containers.values()].toReversed().map((each) => ({
        id: each.made.Id,
        names: [each.name],
        labels: { ...each.made.Config.Labels },
        state: each.status,
        createdAt: Math.floor(each.createdAt / 1_000) * 1_000,
        networkMode: each.made.HostConfig.NetworkMode ?? 'default',
      })),
    inspectContainer: async (id) => details(must(id, `inspect container ${id}`)),
    findContainer: async (id) => {
      const found = find(id);
      return found && details(found);
    },
    createContainer: async (name, spec) => {
      const what = `create container ${name}`;
      const image = imageOf(String(spec['Image']));
      if (image === undefined) return fail(what, 404, `No such image: ${withTag(String(spec['Image']))}`);
      const taken = [...containers.values()].find((each) => each.name === name);
      if (taken !== undefined) fail(what, 409, conflict(name, taken.made.Id));
      made += 1;
      const base = created({ ...spec, Labels: { ...fields(spec['Labels']) } }, image.details, `${address}${made}`);
      const { RestartPolicy: policy } = fields(spec['HostConfig']) as { RestartPolicy?: RestartPolicy };
      for (const { Type: type, Name: volume } of base.Mounts) {
        if (type === 'volume' && volume && !volumes.has(volume)) volumes.set(volume, new Map());
      }
      containers.set(base.Id, {
        ...{ made: base, image, name, status: 'created', exitCode: 0, startedAt: undefined, finishedAt: undefined },
        ...{ restarts: 0, asked: false, life: new AbortController(), health: undefined, files: new Map() },
        ...{ removed: new Set(), memory: new Map(), underWay: new Set() },
        policy: { MaximumRetryCount: 0, ...policy, Name: policy?.Name ?? '' },
        createdAt: clock.date(),
        networks: structuredClone(base.NetworkSettings.Networks) as unknown as Container['networks'],
      });
      // Where something is mounted there is a folder for it.
      const folders = filesOf(
        Object.fromEntries(base.Mounts.map(({ Destination: at }) => [`${at}/`, ''])),
        clock.date(),
      );
      const own = containers.get(base.Id)?.files;
      for (const [path, folder] of folders) if (!image.files.has(path)) own?.set(path, folder);
      return base.Id;
    },
    startContainer: async (id) => start(must(id, `start container ${id}`), `start container ${id}`),
    stopContainer: async (id, seconds) => {
      const container = must(id, `stop container ${id}`);
      await stop(container, seconds ?? container.made.Config.StopTimeout ?? 10);
    },
    renameContainer: async (id, name) => {
      const what = `rename container ${id} to ${name}`;
      const container = must(id, what);
      if (container.name === name) fail(what, 400, 'Renaming a container with the same name as its current name');
      const taken = [...containers.values()].find((each) => each.name === name);
      if (taken !== undefined) fail(what, 409, `Error when allocating new name: ${conflict(name, taken.made.Id)}`);
      container.name = name;
    },
    removeContainer: async (id, { force = false, volumes: also = false } = {}) => {
      const container = find(id);
      if (container === undefined) return;
      if (container.status === 'running' || container.status === 'restarting') {
        const words = `You cannot remove a ${container.status} container ${container.made.Id}. Stop the container before attempting removal or force remove`;
        if (!force) fail(`remove container ${id}`, 409, words);
      }
      drop(container, { volumes: also });
    },
    updateRestartPolicy: async (id, policy) => {
      const what = `set the restart policy of container ${id} to ${policy.Name}`;
      const container = must(id, what);
      const words = `Cannot update container ${container.made.Id}: Restart policy cannot be updated because AutoRemove is enabled for the container`;
      if (container.made.HostConfig.AutoRemove) fail(what, 409, words);
      container.policy = { MaximumRetryCount: 0, ...policy };
    },
    containerSize: async (id) =>
      [...must(id, `measure container ${id}`).files.values()].reduce((sum, { data }) => sum + data.length, 0),
    logs: async (id, lines) => {
      const { image } = must(id, `read the logs of container ${id}`);
      return (image.program.log ?? [])
        .slice(-lines)
        .map((line) => `${line}\n`)
        .join('');
    },
    followLogs: async (id, line, signal) => {
      const { image, life, status } = must(id, `follow the logs of container ${id}`);
      for (const each of image.program.log ?? []) line(each);
      if (status === 'running') await clock.sleep(2 ** 31, AbortSignal.any([signal, life.signal]));
    },

    connectNetwork: async (network, id, endpoint) => {
      const what = `connect container ${id} to network ${network}`;
      const container = must(id, what);
      // Of one that does not run it is found out when it starts.
      const NetworkID = networks.get(network) ?? '';
      if (NetworkID === '' && container.status === 'running') fail(what, 404, `network ${network} not found`);
      const words = `endpoint with name ${container.name} already exists in network ${network}`;
      if (network in container.networks) fail(what, 403, words);
      const made = { IPAMConfig: null, Links: null, Aliases: null, ...endpoint, NetworkID };
      container.networks = { ...container.networks, [network]: made };
    },
    disconnectNetwork: async (network, id) => {
      const what = `disconnect container ${id} from network ${network}`;
      if (!networks.has(network)) fail(what, 404, `network ${network} not found`);
      const container = must(id, what);
      const { [network]: _, ...others } = container.networks;
      container.networks = others;
    },
    findNetwork: async (name) => {
      const found = [...networks].find(([each, id]) => each === name || id === name);
      return found && { id: found[1], name: found[0], internal: false };
    },
    hasVolume: async (name) => volumes.has(name),

    exec: async (id, command) => {
      const container = must(id, `run ${command.argv[0]} in container ${id}`);
      if (container.status !== 'running') {
        const state =
          container.status === 'restarting' ? 'restarting, wait until the container is running' : 'not running';
        fail(`run ${command.argv[0]} in container ${id}`, 409, `Container ${container.made.Id} is ${state}`);
      }
      const { life, underWay } = container;
      const { argv } = command;
      underWay.add(argv);
      const stdin = command.stdin instanceof Promise ? await whileAlive(command.stdin, life.signal) : command.stdin;
      const given = { ...command, ...(stdin !== undefined && { stdin }) };
      if (life.signal.aborted) return resultOf({ exitCode: 137 });
      const { takesMs = 0, atEnd, ...first } = answerOf(container, given);
      let answer: Answer = first;
      const ends = () => {
        underWay.delete(argv);
        if (!life.signal.aborted) answer = atEnd?.() ?? answer;
      };
      if (takesMs > 0) clock.at(takesMs, ends);
      else ends();
      if (takesMs > command.timeoutMs) {
        await clock.sleep(command.timeoutMs, life.signal);
        if (!life.signal.aborted) {
          throw new ExecTimeout(
            `Waited ${command.timeoutMs} ms to run ${command.argv[0]} in container ${id}, in vain.`,
          );
        }
      } else if (takesMs > 0) await clock.sleep(takesMs, life.signal);
      return resultOf(life.signal.aborted ? { exitCode: 137 } : answer, command.last);
    },
    putArchive: async (id, path, tar) => {
      const what = `unpack ${tar.length} bytes at ${path} in container ${id}`;
      const container = must(id, what);
      const at = posix.resolve(path);
      const words = `Could not find the file ${path} in container ${id}`;
      if (at !== '/' && !fileAt(container, at)) fail(what, 404, words);
      if (container.made.HostConfig.ReadonlyRootfs && disk(container, at).prefix === '')
        fail(what, 403, 'container rootfs is marked read-only');
      await unpackAt(at, tar, put(container));
    },
    getArchive: async (id, path, mostBytes) => {
      const container = must(id, `read ${path} in container ${id}`);
      const at = posix.resolve(path);
      const tar = fileAt(container, at) ? await packOf(at, seen(container)) : undefined;
      if (tar !== undefined && tar.length > mostBytes) throw tooLong(`read ${path} in container ${id}`, mostBytes);
      return tar;
    },
    stat: async (id, path) => {
      const file = fileAt(must(id, `look at ${path} in container ${id}`), posix.resolve(path));
      return (
        file && {
          isFile: file.type === 'file',
          permissions: file.mode & 0o777,
          size: file.type === 'file' ? file.data.length : 4_096,
          modified: Math.floor((file.mtime?.getTime() ?? 0) / 1_000) * 1_000,
        }
      );
    },
    added: async (id) => {
      const { files, image } = must(id, `list what was added to container ${id}`);
      return [...files.keys()].filter((path) => !image.files.has(path)).sort();
    },

    findImage: async (reference) => {
      const image = imageOf(reference);
      return image && shown(image);
    },
    history: async (reference) =>
      imageOf(reference) === undefined
        ? fail(`read the history of image ${reference}`, 404, `No such image: ${reference}`)
        : [],
    tagImage: async (image, reference) => {
      const found =
        imageOf(image) ?? fail(`tag image ${image} as ${reference}`, 404, `No such image: ${withTag(image)}`);
      tags.set(withTag(reference), found.details.Id);
    },
    untagImage: async (reference) => {
      const what = `remove the name ${reference}`;
      const id = tags.get(withTag(reference)) ?? fail(what, 404, `No such image: ${withTag(reference)}`);
      tags.delete(withTag(reference));
      const used = [...containers.values()].some(({ made: { Image } }) => Image === id);
      if (!used && ![...tags.values()].includes(id)) images.delete(id);
    },
  };

  function answerOf(container: Container, command: ExecCommand): Answer {
    const [kind, ...words] = container.made.Config.Healthcheck?.Test ?? [];
    const check = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', ...words] : words;
    if (check.length > 0 && command.argv.join('\0') === check.join('\0')) {
      const { ok, output } = passes(container);
      return { exitCode: ok ? 0 : 1, stdout: output };
    }
    return (
      container.image.program.answer?.(command, lifeOf(container, command.argv)) ?? {
        exitCode: 127,
        stderr: `${command.argv[0]}: not found\n`,
      }
    );
  }

  return {
    engine,
    image: (name, { config = {}, program, files = {} }) => {
      const Id = `sha256:${hash(`${name}${images.size}`)}`;
      const none = {
        Env: null,
        Cmd: ['serve'],
        Entrypoint: null,
        Labels: null,
        Volumes: null,
        WorkingDir: '',
        User: '',
      };
      const Config = { ...none, ...config };
      const image: Image = {
        details: {
          Id,
          Config,
          RootFS: { Type: 'layers', Layers: [Id] },
          Created: new Date(clock.date()).toISOString(),
        } as unknown as ImageDetails,
        program,
        files: filesOf({ '/tmp/': '', ...files }, clock.date()),
      };
      images.set(Id, image);
      tags.set(withTag(name), Id);
      return shown(image);
    },
    network: (name) => void networks.set(name, hash(`network ${name}`)),
    run: async (name, spec) => {
      const id = await engine.createContainer(name, spec);
      await engine.startContainer(id);
      return await engine.inspectContainer(id);
    },
    end: (id, code) => end(must(id, 'end'), code),
    inside: (id) => lifeOf(must(id, 'look into')),
    volumes: () => [...volumes.keys()].sort(),
    tags: () => new Map(tags),
    whole: () => [
      [...containers.values()].map((each) => [
        ...[details(each), each.asked, shownFiles(each.files), [...each.removed]],
        ...[[...each.memory], [...each.underWay].map(([first]) => first)],
      ]),
      [...volumes].map(([name, files]) => [name, shownFiles(files)]),
      [...tags, ...images.keys(), ...networks],
    ],
  };
}

/** What a command waits for, and no longer than its container lives. */
async function whileAlive(input: Promise<string>, life: AbortSignal): Promise<string> {
  return await new Promise((resolve, reject) => {
    const leave = () => resolve('');
    life.addEventListener('abort', leave, { once: true });
    input.then(resolve, reject).finally(() => life.removeEventListener('abort', leave));
  });
}

function tooLong(what: string, mostBytes: number): Error {
  const cause = new LongAnswer(mostBytes);
  return new Unreadable(`Could not ${what}: ${cause.message}.`, cause);
}

const shownFiles = (files: Files) => [...files].map(([path, file]) => ({ path, ...file, data: String(file.data) }));

function conflict(name: string, by: string): string {
  return `Conflict. The container name "/${name}" is already in use by container "${by}". You have to remove (or rename) that container to be able to reuse that name.`;
}

function withTag(reference: string): string {
  return /[:@][^/]*$/.test(reference) ? reference : `${reference}:latest`;
}

/** Those that nobody gave a name: only these may be removed with their container. */
function ownVolumes({ Mounts, Config, HostConfig }: ContainerDetails): readonly string[] {
  const named = [
    ...list(HostConfig.Binds).map((bind) => cleanPath(String(bind).split(':')[1])),
    ...list(HostConfig.Mounts)
      .map(fields)
      .flatMap(({ Source, Target }) => (Source ? [cleanPath(Target)] : [])),
  ];
  const declared = [
    ...Object.keys(fields(Config.Volumes)),
    ...list(HostConfig.Mounts).map((mount) => String(fields(mount)['Target'])),
  ].map(cleanPath);
  return Mounts.flatMap(({ Type, Name, Destination }) =>
    Type === 'volume' && Name && declared.includes(Destination) && !named.includes(Destination) ? [Name] : [],
  );
}
