import type { ContainerInspectInfo, ImageInspectInfo } from 'dockerode';
import {
  either,
  type Is,
  isAnything,
  isFlag,
  isInstant,
  isNumber,
  isText,
  listOf,
  mapOf,
  membersOf,
  oneOf,
  orNothing,
} from '../system/shape.js';

/** What `GET /containers/ID/json` answers. */
export interface ContainerDetails extends ContainerInspectInfo {
  readonly Config: ContainerInspectInfo['Config'] & {
    /** Seconds between the stop signal and the kill; absent where the Engine's default of 10 holds. */
    readonly StopTimeout?: number;
    /** Only where the user chose it. */
    readonly MacAddress?: string;
    /** What runs a CMD-SHELL; absent where it is `/bin/sh -c`. */
    readonly Shell?: readonly string[];
  };
}

/** The container's name as users write it: the Engine puts a slash before it. */
export function nameOf({ Name: name }: Pick<ContainerDetails, 'Name'>): string {
  return name.replace(/^\//, '');
}

/** What `GET /images/ID/json` answers. */
export type ImageDetails = ImageInspectInfo;

const isDate: Is<string> = (value): value is string => isText(value) && isInstant(Date.parse(value));
/** Settings are passed on as they are, and some are put into words: nothing in them may keep JavaScript from that. */
const isSayable: Is<unknown> = (value): value is unknown =>
  typeof value !== 'object' ||
  value === null ||
  (!Object.hasOwn(value, 'toString') && Object.values(value).every((each) => isSayable(each)));
const words = orNothing(listOf(isText));
const map = orNothing(mapOf(isAnything));

/** What a container and its image have in common, as far as it is read by name. */
const config = {
  ...{ Env: words, Cmd: words, Shell: words, Volumes: map, ExposedPorts: map, Labels: orNothing(mapOf(isText)) },
  ...{ Entrypoint: orNothing((value): value is unknown => isText(value) || listOf(isText)(value)) },
  ...{ User: orNothing(isText), WorkingDir: orNothing(isText) },
  Healthcheck: orNothing(membersOf({ Test: words, Timeout: orNothing(isNumber) })),
};
const mount = { Type: isText, Destination: isText, Name: orNothing(isText), Source: orNothing(isText) };
const health = { Status: isText, FailingStreak: isNumber, Log: orNothing(listOf(membersOf({ Output: isText }))) };
const state = {
  ...{ Status: isText, Running: isFlag, Paused: isFlag, Restarting: isFlag, OOMKilled: isFlag, Dead: isFlag },
  ...{ ExitCode: isNumber, StartedAt: isDate, FinishedAt: isDate, Health: orNothing(membersOf(health)) },
};
const host = {
  ...{ NetworkMode: orNothing(isText), IpcMode: orNothing(isText), PidMode: orNothing(isText) },
  ...{ UTSMode: orNothing(isText), AutoRemove: orNothing(isFlag), ReadonlyRootfs: orNothing(isFlag) },
  RestartPolicy: orNothing(membersOf({ Name: isText, MaximumRetryCount: orNothing(isNumber) })),
};
const network = {
  Networks: orNothing(mapOf(membersOf({ NetworkID: orNothing(isText), IPAddress: orNothing(isText) }))),
  Ports: orNothing(mapOf(orNothing(listOf(membersOf({ HostIp: orNothing(isText), HostPort: orNothing(isText) }))))),
};
const isContainer = membersOf({
  ...{ Id: isText, Name: isText, Image: isText, Created: isDate, RestartCount: isNumber, State: membersOf(state) },
  Config: membersOf({
    ...config,
    ...{ Image: isText, Hostname: isText, Domainname: orNothing(isText), MacAddress: orNothing(isText) },
    ...{ StopTimeout: orNothing(isNumber), Tty: orNothing(isFlag) },
  }),
  HostConfig: membersOf(host),
  Mounts: orNothing(listOf(membersOf(mount))),
  NetworkSettings: membersOf(network),
}) as Is<unknown> as Is<ContainerDetails>;

const image = membersOf({
  ...{ Id: isText, Created: orNothing(isText), RepoTags: words, RepoDigests: words },
  ...{ Config: membersOf(config), RootFS: membersOf({ Layers: words }) },
  Metadata: orNothing(membersOf({ LastTagTime: orNothing(either(isDate, oneOf(''))) })),
}) as Is<unknown> as Is<ImageDetails>;

export const isImage: Is<ImageDetails> = (value): value is ImageDetails =>
  image(value) && isSayable(withoutLabels(value));

/** Their names are anybody's. */
const withoutLabels = (value: ContainerDetails | ImageDetails) => ({
  ...value,
  Config: { ...value.Config, Labels: {} },
});

/** The engine removes it: until it has, the container stands there with its name, and nothing in it can be reached. */
export const isGoing = ({ State: { Status: status } }: ContainerDetails): boolean =>
  status === 'removing' || status === 'dead';

/** What is read of one by name is what it has to be, and empty where the Engine says null; undefined if it is no container. */
export function containerOf(answer: unknown): ContainerDetails | undefined {
  if (!isContainer(answer) || !isSayable(withoutLabels(answer))) return undefined;
  const { Config, Mounts, NetworkSettings, State } = answer;
  return {
    ...answer,
    Config: { ...Config, Labels: Config.Labels ?? {} },
    Mounts: Mounts ?? [],
    NetworkSettings: { ...NetworkSettings, Networks: NetworkSettings.Networks ?? {} },
    State: State.Health ? { ...State, Health: { ...State.Health, Log: State.Health.Log ?? [] } } : State,
  };
}
