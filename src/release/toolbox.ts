import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { Unreadable } from '../engines/call.js';
import type { ImageDetails } from '../engines/details.js';
import type { Engine } from '../engines/engine.js';
import { roleLabel } from '../engines/throw-away.js';
import { AgentError, answer, expressionForOwnVm, type Request } from '../node/agent.js';
import { evaluateInput, noBusyWait, unsetFlags } from '../node/shell.js';
import { atom, map, text, write } from '../node/term.js';
import { Refusal } from '../reasons/refusal.js';
import type { Log } from '../system/log.js';
import { messageOf } from '../system/message-of.js';
import { quoted } from '../system/quoted.js';
import { type Is, isAnything } from '../system/shape.js';
import { type Entry, unpack } from './archive.js';
import { refuseUnusable } from './names.js';
import { refuseOldOtp } from './otp.js';
import { folderBytes } from './taken.js';

// Keeps the container there until it is removed, and goes at once when it is told to.
const wait = 'trap exit TERM INT; while :; do sleep 1 & wait $!; done';

// Prints the directories of releases, and behind a tab what each one's release is called. An Erlang that is installed in the
// image has a start_erl.data of its own, which names none but those that come with Erlang. Not below /proc: its links lead
// back to /.
export const findReleases = `
of_release() {
  read -r _ version _ 2>/dev/null <"$1/releases/start_erl.data"
  for rel in "$1/releases/\${version:-.}"/*.rel; do
    name=\${rel##*/}
    case \${name%.rel} in
    '*' | start | start_clean | start_sasl | start_all_example | no_dot_erlang) ;;
    *) printf '%s\\t%s\\n' "$1" "\${name%.rel}" && return ;;
    esac
  done
}
releases() {
  find / -xdev -path /proc -prune -o -type f -path '*/releases/start_erl.data' -print 2>/dev/null | while IFS= read -r at; do
    of_release "\${at%/releases/start_erl.data}"
  done
}
`;

// The arguments are directories to look in first. What cannot be told to be a release is taken where there is no other: what
// is wrong with it is said later.
const findRelease = `${findReleases}
for d in "$@" /app /opt/* /srv/* /home/* /root /; do
  [ -z "$(of_release "$d")" ] || break
  d=
done
[ -n "$d" ] || d=$(releases | head -n 1 | cut -f 1)
[ -n "$d" ] || d=$(find / -xdev -path /proc -prune -o -type f -path '*/releases/start_erl.data' -print 2>/dev/null | head -n 1 | sed 's#/releases/start_erl.data$##')
[ -n "$d" ] && printf '%s\\n' "$d" && cat "$d/releases/start_erl.data"`;

// $1 root, $2 Erlang source for -eval. A release without its own runtime uses the one in its image, whose applications
// distillery's boot scripts look for by a variable.
const run = `${unsetFlags}
read -r erts version <"$1/releases/start_erl.data"
erl="$1/erts-$erts/bin/erl" own="$1/lib"
[ -x "$erl" ] || { erl=erl; own=$(readlink -f "$(command -v erl)"); own="\${own%/bin/erl}/lib"; }
boot="$1/releases/$version/start_clean"; [ -f "$boot.boot" ] || boot=start_clean
cat | "$erl" ${noBusyWait} -boot "$boot" -boot_var RELEASE_LIB "$1/lib" -boot_var ERTS_LIB_DIR "$own" -noshell -noinput -eval "$2"`;

const unreadable: ReadonlySet<string> = new Set(['no_release', 'bad_app', 'bad_beam', 'crashed']);

/**
 * A throw-away container of the new image, without network, in which the new release's own runtime reads the
 * release and makes the relup: neither the user's machine nor the runner needs Erlang.
 */
export class Toolbox {
  private constructor(
    private readonly engine: Engine,
    readonly container: string,
    readonly root: string,
    /** Of the release that its start_erl.data names, or of its copy. */
    readonly version: string,
    /** The image, as the user named it. */
    readonly reference: string,
    /** The old release that was brought in. */
    private readonly held: { old?: string; turn: Promise<unknown> } = { turn: Promise.resolve() },
  ) {}

  static async open(engine: Engine, image: ImageDetails, reference: string): Promise<Toolbox> {
    const container = await engine.createContainer(`hot-deploy-workshop-${randomUUID().slice(0, 8)}`, {
      Image: image.Id,
      Entrypoint: ['sh', '-c', wait],
      Cmd: [],
      User: '0:0',
      WorkingDir: '/',
      Healthcheck: { Test: ['NONE'] },
      Labels: { [roleLabel]: 'workshop' },
      // Without a locale file names would be read as Latin-1.
      Env: ['ERL_CRASH_DUMP=/dev/null', 'LANG=C.UTF-8'],
      HostConfig: { NetworkMode: 'none' },
    });
    try {
      await engine.startContainer(container);
      const found = await engine.exec(container, {
        argv: ['sh', '-c', findRelease, 'hot-deploy', ...started(image)],
        user: '0:0',
        timeoutMs: 60_000,
      });
      const [root, ...startErl] = found.stdout.toString('utf8').split('\n');
      if (root === undefined || root === '') {
        if (!(await engine.findContainer(container))?.State.Running) {
          throw new Refusal(
            `The throw-away container in which the release of ${reference} is read ended or was removed meanwhile. Try again.`,
          );
        }
        throw new Refusal(
          `The image ${reference} holds no release: nothing in it is named releases/start_erl.data. Is it the image of an Erlang or Elixir release?`,
        );
      }
      return new Toolbox(engine, container, root, versionIn(startErl.join('\n'), root, reference), reference);
    } catch (error) {
      await engine.removeContainer(container, { force: true });
      throw error;
    }
  }

  /** All releases that the image holds. */
  async releases(): Promise<readonly { readonly root: string; readonly name: string }[]> {
    const argv = ['sh', '-c', `${findReleases}releases`];
    const { stdout } = await this.engine.exec(this.container, { argv, user: '0:0', timeoutMs: 60_000 });
    const lines = stdout.toString('utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [root = '', name = ''] = line.split('\t');
      return { root, name };
    });
  }

  /** The same for another release in the image. */
  async at(root: string): Promise<Toolbox> {
    const argv = ['cat', posix.join(root, 'releases/start_erl.data')];
    const { stdout } = await this.engine.exec(this.container, { argv, user: '0:0', timeoutMs: 30_000 });
    const version = versionIn(stdout.toString('utf8'), root, this.reference);
    return new Toolbox(this.engine, this.container, root, version, this.reference, this.held);
  }

  /** The same for a copy of its release under another version, which is made beside it. */
  async copyAs(version: string): Promise<Toolbox> {
    const argument = map({ root: text(this.root), from: text(this.version), to: text(version) });
    await this.ask({ module: 'hot_deploy_build', function: 'copy', argument }, isAnything);
    return new Toolbox(this.engine, this.container, this.root, version, this.reference, this.held);
  }

  /** Evaluates one request in a VM of its own. */
  async ask<T>(request: Omit<Request, 'set'>, is: Is<T>, timeoutMs = 120_000): Promise<T> {
    const call = `hot_deploy_agent:main(${write(atom(request.module))},${write(atom(request.function))},${write(request.argument)}),halt(0,[{flush,true}])`;
    const result = await this.engine.exec(this.container, {
      argv: ['sh', '-c', run, 'hot-deploy', this.root, evaluateInput],
      user: '0:0',
      stdin: expressionForOwnVm('release', call),
      timeoutMs,
    });
    const value = this.told(result.stdout.toString('utf8'), is);
    if (value === undefined) {
      const said = `${result.stdout.toString('utf8')} ${result.stderr.toString('utf8')}`.trim();
      throw new Refusal(
        `The new release's own runtime does not run in its image: ${said === '' ? `exit code ${result.exitCode}` : quoted(said, 500)}.`,
      );
    }
    return value;
  }

  /** What cannot be read is the image's own fault, save what systools has to say, which leaves a restart open. */
  private told<T>(stdout: string, is: Is<T>): T | undefined {
    try {
      return answer(stdout, is);
    } catch (error) {
      if (error instanceof Unreadable || (error instanceof AgentError && unreadable.has(error.code))) {
        throw new Refusal(
          `The release in the image ${this.reference} is damaged, or what it is compared with: ${error.message.replace(/\.$/, '')}. Build the image again.`,
          { cause: error },
        );
      }
      throw error;
    }
  }

  async put(path: string, tar: Buffer): Promise<void> {
    await this.engine.putArchive(this.container, path, tar);
  }

  /**
   * What is in a directory, or a file; nothing where there is none.
   *
   * @throws UnsafeArchive where the image holds what no release does
   */
  async get(path: string): Promise<readonly Entry[] | undefined> {
    const tar = await this.engine.getArchive(this.container, path, folderBytes);
    return tar && (await unpack(tar));
  }

  /** Runs `work` with an old release in the workshop, and brings it in if needed. There is room for one, so callers take turns. */
  async withOld<T>(old: string, bring: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    const { held } = this;
    const turn = held.turn.then(async () => {
      if (held.old !== old) {
        held.old = '';
        await bring();
        held.old = old;
      }
      return await work();
    });
    held.turn = turn.catch(() => undefined);
    return await turn;
  }

  async close(): Promise<void> {
    await this.engine.removeContainer(this.container, { force: true, volumes: true });
  }

  /** Closes it after containers may have changed: that it is left must not hide what became of them. */
  async closeOrWarn(log: Pick<Log, 'warning'>): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      log.warning(`A throw-away container was left, which the next run removes: ${messageOf(error)}`);
    }
  }
}

/** Where the image's own command finds its release: `bin/APP start`, relative to the working directory. */
export function started({ Config: { Entrypoint, Cmd, WorkingDir } }: ImageDetails): readonly string[] {
  const at = WorkingDir || '/app';
  const words = [...(Entrypoint ?? []), ...(Cmd ?? [])].flatMap((word) => word.split(/[\s;&|"']+/));
  const named = words.flatMap((word) => /^(.*?)\/?bin\/[^/]+$/.exec(word)?.[1] ?? []);
  return [...new Set([...named.map((directory) => posix.resolve(at, directory)), at])];
}

/** `13.1.5 0.2.0`: the runtime's version, then the release's. distillery names none where the installed one is used. */
function versionIn(startErl: string, root: string, reference: string): string {
  const where = `${root}/releases/start_erl.data in the image ${reference}`;
  const [erts = '', version = '', ...rest] = startErl.trim().split(/\s+/);
  if (!/^(\d+(\.\d+)*|ERTS_VSN)$/.test(erts) || rest.length > 0) {
    throw new Refusal(
      `${where} names no runtime and release, but ${JSON.stringify(startErl.slice(0, 80))}. Build the image again.`,
    );
  }
  refuseUnusable('version', version, where);
  if (erts !== 'ERTS_VSN') refuseOldOtp(erts, `The image ${reference}`);
  return version;
}
