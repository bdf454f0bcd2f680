import type { ContainerSpec } from '../../../src/engines/engine.js';

/** Options of the docker CLI, of which each takes a value or none; whatever is not among them is refused. */
export interface Options {
  readonly [flag: string]: 'value' | 'none';
}

export interface Given {
  readonly flags: readonly (readonly [flag: string, value: string])[];
  readonly rest: readonly string[];
}

/** The options up to the first word that is none, as the CLI reads them. */
export function given(words: readonly string[], options: Options): Given {
  const flags: (readonly [string, string])[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return { flags, rest: words.slice(at + 1) };
    if (!word.startsWith('-') || word === '-') return { flags, rest: words.slice(at) };
    const [, flag = '', value] = /^(--?[a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    const takes = options[flag];
    if (takes === undefined) throw new Error(`the stand-in for docker knows no option ${word}`);
    if (takes === 'none') flags.push([flag, '']);
    else if (value !== undefined) flags.push([flag, value]);
    else {
      at += 1;
      flags.push([flag, words[at] ?? '']);
    }
  }
  return { flags, rest: [] };
}

/** All values of an option, or its last one. */
export const all = ({ flags }: Given, flag: string) =>
  flags.filter(([each]) => each === flag).map(([, value]) => value);
export const last = (of: Given, flag: string) => all(of, flag).at(-1);

const creating: Options = {
  ...{ '--name': 'value', '--label': 'value', '--network': 'value', '--entrypoint': 'value', '--tmpfs': 'value' },
  ...{ '--env': 'value', '--env-file': 'value', '--restart': 'value', '--rm': 'none', '--mount': 'value' },
  ...{ '--stop-timeout': 'value', '--volume': 'value' },
};

/** What `docker create` asks an engine for; `lines` are those of its file of variables, `own` the client's own variables. */
export async function creation(
  words: readonly string[],
  {
    linesOf,
    own,
  }: { linesOf(path: string): Promise<readonly string[]>; readonly own: Readonly<Record<string, string>> },
): Promise<{ readonly name: string; readonly spec: ContainerSpec }> {
  const options = given(words, creating);
  const [image = '', ...command] = options.rest;
  const pairs = (flag: string) => Object.fromEntries(all(options, flag).map(pair));
  const [policy = 'no', most = '0'] = (last(options, '--restart') ?? 'no').split(':');
  const files = await Promise.all(all(options, '--env-file').map(linesOf));
  const named = all(options, '--env').flatMap((entry) =>
    entry.includes('=') ? [entry] : entry in own ? [`${entry}=${own[entry]}`] : [],
  );
  const entrypoint = last(options, '--entrypoint');
  const seconds = last(options, '--stop-timeout');
  const bound = all(options, '--volume').filter((each) => each.includes(':'));
  return {
    name: last(options, '--name') ?? '',
    spec: {
      Image: image,
      ...(command.length > 0 && { Cmd: command }),
      ...(entrypoint !== undefined && { Entrypoint: [entrypoint] }),
      ...(seconds !== undefined && { StopTimeout: Number(seconds) }),
      Labels: pairs('--label'),
      Env: [...files.flat(), ...named],
      Volumes: Object.fromEntries(
        all(options, '--volume').flatMap((each) => (bound.includes(each) ? [] : [[each, {}]])),
      ),
      HostConfig: {
        NetworkMode: last(options, '--network') ?? 'default',
        AutoRemove: last(options, '--rm') !== undefined,
        RestartPolicy: { Name: policy, MaximumRetryCount: Number(most) },
        Tmpfs: pairs('--tmpfs'),
        Binds: bound,
        Mounts: all(options, '--mount').map(mount),
      },
    },
  };
}

function pair(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function mount(text: string) {
  const { type, source, target } = Object.fromEntries(text.split(',').filter(Boolean).map(pair));
  return { Type: type, ...(source && { Source: source }), Target: target };
}
