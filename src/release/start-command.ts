import type { ContainerDetails, ImageDetails } from '../engines/details.js';
import { list } from '../engines/overrides.js';
import { recreation } from '../engines/recreation.js';
import { startHooks } from './distillery.js';
import type { ImageRelease } from './release.js';

/** What a container runs when it starts. */
export interface StartCommand {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
}

/** A shell script, where it lies. */
export interface Script {
  readonly path: string;
  readonly text: string;
}

/** The scripts among these names of programs: a bare one is looked for on the PATH too. What is no shell script is left out. */
export type ReadScripts = (names: readonly string[], directories: readonly string[]) => Promise<readonly Script[]>;

/** Something that a start runs beside the release itself. */
export interface StartTask {
  /** The script's path; `the start command` where that says it itself. */
  readonly where: string;
  readonly statement: string;
}

export interface StartTasks {
  readonly tasks: readonly StartTask[];
  /** The entrypoint, if it does not run the command that is given to it. */
  readonly ignoresCommand?: string;
}

/** The command with which the container would start on the new image. */
export function startCommandOf(container: ContainerDetails, oldImage: ImageDetails, image: ImageDetails): StartCommand {
  const { spec } = recreation(container, oldImage, image.Id, image.Id);
  const words = (value: unknown) => list(value).map(String).filter(Boolean);
  const own = 'Entrypoint' in spec;
  return {
    entrypoint: words(own ? spec['Entrypoint'] : image.Config.Entrypoint),
    // With an entrypoint of the user's the engine leaves the image's command out.
    cmd: words(own || 'Cmd' in spec ? spec['Cmd'] : image.Config.Cmd),
    workingDir: String(spec['WorkingDir'] ?? (image.Config.WorkingDir || '/')),
  };
}

const mostDepth = 4;

/**
 * Follows the start command through its shell scripts. Which branch of a script a start takes is not known, so each counts.
 * The release's own script is not followed, since it has a branch for everything; the hooks are that it reads at each start.
 */
export async function readStart(
  { entrypoint, cmd, workingDir }: StartCommand,
  release: Pick<ImageRelease, 'name' | 'root' | 'version' | 'files'>,
  read: ReadScripts,
): Promise<StartTasks> {
  const isOwn = ({ path }: Script) => isReleaseScript(path, release.name);
  const around = [workingDir, release.root, `${release.root}/bin`];
  const seen = new Set<string>();
  const tasks: StartTask[] = [];
  const command = [...entrypoint, ...cmd];
  const inline = inShell(command);
  const inside = ({ path, text }: Script) => ({
    where: path,
    directories: [path.slice(0, path.lastIndexOf('/')) || '/', ...around],
    statements: statementsOf(text),
  });
  const hooks = startHooks(release);
  let level = [
    ...(hooks.length === 0 ? [] : await read(hooks, [])).map(inside),
    {
      where: 'the start command',
      directories: around,
      statements: inline === undefined ? [command] : statementsOf(inline),
    },
  ];
  for (let depth = 0; depth < mostDepth && level.length > 0; depth += 1) {
    const found: Script[] = [];
    for (const { where, directories, statements } of level) {
      tasks.push(...statements.filter(isTask).map((words) => ({ where, statement: words.join(' ') })));
      const names = [...new Set(statements.flat().flatMap(programName))];
      found.push(...(names.length === 0 ? [] : await read(names, directories)));
    }
    const fresh = found.filter((script) => !isOwn(script) && !seen.has(script.path));
    for (const { path } of fresh) seen.add(path);
    level = fresh.map(inside);
  }
  const ignoring = await ignoresCommand(entrypoint, isOwn, (names) => read(names, around));
  return { tasks: distinct(tasks), ...(ignoring !== undefined && { ignoresCommand: ignoring }) };
}

async function ignoresCommand(
  entrypoint: readonly string[],
  isOwn: (script: Script) => boolean,
  read: (names: readonly string[]) => Promise<readonly Script[]>,
): Promise<string | undefined> {
  const inline = inShell(entrypoint);
  if (inline !== undefined) return takesArguments(inline) ? undefined : entrypoint.join(' ');
  const last = entrypoint.at(-1);
  const [script] = last === undefined ? [] : await read([last]);
  return script === undefined || isOwn(script) || takesArguments(script.text) ? undefined : script.path;
}

// With -c the words are counted from zero.
const takesArguments = (text: string) => /\$\{?[@*\d]/.test(text);

function isReleaseScript(path: string, name: string): boolean {
  const base = path.slice(path.lastIndexOf('/') + 1);
  return base === name || (base.startsWith(`${name}-`) && /^\d/.test(base.slice(name.length + 1)));
}

/** What a shell is given by `-c`, whoever starts that shell. */
function inShell(words: readonly string[]): string | undefined {
  const at = words.findIndex(
    (word, index) => /(^|\/)(ba|da|a|z|k)?sh$/.test(word) && /^-\w*c$/.test(words[index + 1] ?? ''),
  );
  return at < 0 ? undefined : words[at + 2];
}

// Before a command, and no command themselves.
const before = /^(if|then|elif|else|do|while|until|!|time|exec|command|nohup|env|\w+=.*)$/;
// They tell, test or set, and run nothing.
const harmless =
  /^(:|\[|\[\[|test|echo|printf|log|case|esac|fi|done|for|export|local|readonly|unset|set|return|exit|trap|shift)$/;

/** The commands of a shell script, word by word and without quotes; roughly, since nobody but a shell can read it whole. */
export function statementsOf(text: string): readonly (readonly string[])[] {
  return (
    text
      .replace(/\\\n/g, ' ')
      .replace(/^\s*#.*$|\s#.*$/gm, '')
      // What it answers is a word of the command around it, and most of the time a directory.
      .replace(/\$\([^()]*\)|\$\{[^}]*\}|`[^`]*`/g, '$$_')
      .split(/\n|;|&&|\|\||[|&(){}]/)
      .map((statement) => statement.replace(/['"]/g, '').trim().split(/\s+/).filter(Boolean))
      .map((words) =>
        words.slice(
          Math.max(
            0,
            words.findIndex((word) => !before.test(word)),
          ),
        ),
      )
      .filter(([command]) => command !== undefined && !harmless.test(command) && !before.test(command))
  );
}

/** `bin/app eval` and `rpc` run code of the release; whatever is named after migrations is taken for one. */
function isTask(words: readonly string[]): boolean {
  const evaluates = words.some((word, at) => at > 0 && /^(eval|rpc)$/.test(word) && !words[at - 1]?.startsWith('-'));
  return evaluates || words.some((word) => !word.startsWith('-') && /(^|[/.:_-])migrat\w*(\.\w+)?$/i.test(word));
}

/** A word as the name of a program; what comes before the first slash may be a variable. */
function programName(word: string): readonly string[] {
  const name = word.replace(/^\$\w+\//, '');
  return /^[\w.@:+/-]+$/.test(name) && !name.startsWith('-') ? [name] : [];
}

function distinct(tasks: readonly StartTask[]): readonly StartTask[] {
  return [...new Map(tasks.map((task) => [`${task.where}\n${task.statement}`, task])).values()];
}
