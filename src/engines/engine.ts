import type { ContainerDetails, ImageDetails } from './details.js';

/**
 * One Docker engine, as much of it as a deploy needs. Every call fails with a sentence that names the engine, and every answer
 * has a most of bytes and of time: what a container decides fails as {@link Unreadable} where it has more of either.
 */
export interface Engine {
  /** As the user gave it: `unix:///var/run/docker.sock`, `tcp://HOST:PORT`. */
  readonly address: string;
  /** The host under which the engine's published ports are reached from here. */
  readonly host: string;
  /** The environment that makes the docker CLI talk to this same engine. */
  readonly cliEnvironment: Readonly<Record<string, string>>;

  /** Names without the leading slash; running and stopped ones. */
  containers(): Promise<readonly ContainerSummary[]>;
  inspectContainer(idOrName: string): Promise<ContainerDetails>;
  /** Undefined where no such container exists. */
  findContainer(idOrName: string): Promise<ContainerDetails | undefined>;
  createContainer(name: string, spec: ContainerSpec): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Already stopped counts as stopped. Without `seconds` the container's own stop timeout holds. */
  stopContainer(id: string, seconds?: number): Promise<void>;
  renameContainer(id: string, name: string): Promise<void>;
  /** Already gone counts as removed. Anonymous volumes go only where asked. */
  removeContainer(id: string, options?: { force?: boolean; volumes?: boolean }): Promise<void>;
  /** Leaves every other setting as it is. The Engine refuses it for a container with --rm. */
  updateRestartPolicy(id: string, policy: RestartPolicy): Promise<void>;
  /** Bytes in the container's own layer; the engine reads the whole layer for it. */
  containerSize(id: string): Promise<number>;
  /** The last lines of both outputs, oldest first. */
  logs(id: string, lines: number): Promise<string>;
  /** Gives each line of both outputs as it is written, from the first on, until the container ends or `signal` aborts. */
  followLogs(id: string, line: (text: string) => void, signal: AbortSignal): Promise<void>;

  /** `endpoint` is the Engine's EndpointSettings as it is; a container that is not running is attached when it starts. */
  connectNetwork(network: string, container: string, endpoint: Readonly<Record<string, unknown>>): Promise<void>;
  disconnectNetwork(network: string, container: string): Promise<void>;

  /** Undefined where the engine has no such network. */
  findNetwork(name: string): Promise<Network | undefined>;

  /** Whether the engine has a volume of that name. */
  hasVolume(name: string): Promise<boolean>;

  exec(container: string, command: ExecCommand): Promise<ExecResult>;
  /**
   * Evaluates Erlang source on a node that stands for a container; what it prints is standard output. Undefined for a container,
   * whose node is asked by an exec.
   */
  evaluate?(container: string, source: string, timeoutMs: number): Promise<ExecResult> | undefined;
  /** Unpacks a tar archive at `path`, which must exist, inside the container. */
  putArchive(container: string, path: string, tar: Buffer): Promise<void>;
  /** The tar archive of `path`, of at most so many bytes; undefined where there is no such path. */
  getArchive(container: string, path: string, mostBytes: number): Promise<Buffer | undefined>;
  /** Undefined where there is no such path. */
  stat(container: string, path: string): Promise<FileStat | undefined>;
  /** The paths, folders too, that are in the container's own layer and not in its image or a volume. */
  added(container: string): Promise<readonly string[]>;

  /** Undefined where the engine has no such image. */
  findImage(reference: string): Promise<ImageDetails | undefined>;
  history(image: string): Promise<readonly Layer[]>;
  tagImage(image: string, reference: string): Promise<void>;
  /** Takes a name away from an image that has others, or that a container is made from. */
  untagImage(reference: string): Promise<void>;

  /** The lock under which calls that change something are made; absent where none is held. */
  readonly fence?: Fence;
}

/** What turns away a run that has lost its lock. */
export interface Fence {
  readonly environment: string;
  /** Higher than that of every holder before. Nodes remember the highest that they were changed with, and refuse a lower one. */
  readonly token: number;
  /** To be awaited before something is changed by other means than the engine's calls. Fails if the lock is lost. */
  check(): Promise<void>;
}

export interface ContainerSummary {
  readonly id: string;
  /** The first without a slash is the container's own; `OTHER/ALIAS` is how a container links to it. */
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
  /** Milliseconds since 1970, in whole seconds. */
  readonly createdAt: number;
  /** `container:ID` where it lives in another container's network. */
  readonly networkMode: string;
}

/** The Engine's RestartPolicy. */
export interface RestartPolicy {
  /** `no`, `always`, `unless-stopped`, `on-failure`; the Engine shows `no` also as nothing. */
  readonly Name: string;
  readonly MaximumRetryCount?: number | undefined;
}

export interface Network {
  readonly id: string;
  readonly name: string;
  /** Whether it leads nowhere but to its own containers. */
  readonly internal: boolean;
}

/** The body of the Engine's `POST /containers/create`, passed through as it is. */
export type ContainerSpec = Readonly<Record<string, unknown>>;

export interface ExecCommand {
  readonly argv: readonly string[];
  /** `uid:gid` or a name; the container's own user where absent. */
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A promise keeps the command waiting for its input. */
  readonly stdin?: string | Buffer | Promise<string>;
  /** After this the answer is given up; what runs inside the container goes on, since the Engine cannot stop an exec. */
  readonly timeoutMs: number;
  /** Only the last bytes of each output are kept, however much it writes. Without it too much is an error. */
  readonly last?: number;
}

export interface ExecResult {
  /** 126 and 137 also stand for a container that died meanwhile: never a verdict. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface FileStat {
  readonly isFile: boolean;
  /** Read, write and execute for owner, group and others: `0o444`. */
  readonly permissions: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, in whole seconds. */
  readonly modified: number;
}

/** One line of `docker history`, newest first. */
export interface Layer {
  readonly createdBy: string;
  readonly size: number;
}
