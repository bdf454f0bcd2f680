import { switchScript } from '../../../src/node/config.js';
import { callNode } from '../../../src/node/shell.js';
import { search } from '../../../src/node/vm.js';
import { sha256 } from '../../../src/release/archive.js';
import { agent, begin, bootedOf, type Installs } from './agent.js';
import type { Answer, Disk, Program } from './program.js';
import { imageRelease, root } from './release.js';

export { identityOf } from './agent.js';

interface Chosen extends Partial<Program> {
  readonly bootMs?: number;
  /** How an installation ends in a container with these labels. */
  readonly installs?: (to: string, labels: Readonly<Record<string, string>>) => Installs | undefined;
}

/** Only the script for fingerprints of a configuration hands the request on so. */
const isResolving = `printf '%s' "$HOT_DEPLOY_RESOLVER" | resolve`;

/** A container with a VM in it, which boots what is permanent in the container, and says what it runs once it has booted. */
export function vm(version: string, { bootMs = 300, installs, ...more }: Chosen = {}): Program {
  return {
    stops: { afterMs: 200, code: 0 },
    healthy: { afterMs: bootMs },
    log: [`app ${version} boots`],
    ...more,
    begins: (life) => {
      begin(life);
      return isWhole(life.disk, bootedOf(life.disk)) ? undefined : 1;
    },
    answer: ({ argv, stdin }, life) => {
      if (argv[0] !== 'sh') return undefined;
      const [, , script = '', self, ...words] = argv;
      const { disk, memory, labels } = life;
      const source = String(stdin ?? '');
      const asked = agent(life, bootMs, (to) => installs?.(to, labels));
      if (script.trim() === search.trim()) return { stdout: commandLine(String(memory.get('boots'))) };
      if (script === callNode) return asked(source);
      if (script === switchScript) return switched(disk, words, source, asked);
      if (script.includes(isResolving)) return { stdout: '\nhot-deploy-answer {"ok":[]}\n' };
      if (self === 'hot-deploy-look')
        return {
          stdout: life.underWay
            .filter(isOfARun)
            .map(() => '9 script\n')
            .join(''),
        };
      if (script.includes('sha256sum -c'))
        return { stdout: damaged(disk, words[0] ?? '', words[1] ?? '', words[2] ?? '').join('\n') };
      // Of a throw-away container of its image, in which the release is read.
      if (script.includes('cat "$d/releases/start_erl.data"')) return { stdout: `${root}\n13.1.5 ${version}\n` };
      if (script.includes('-boot_var RELEASE_LIB'))
        return { stdout: `hot-deploy-answer ${JSON.stringify({ ok: imageRelease(version) })}\n` };
      if (script.includes('sha256sum')) return { stdout: listed(disk, words[1] ?? '') };
      return asked(source);
    },
  };
}

function commandLine(version: string): string {
  const args = [
    ...[`${root}/erts-13.1.5/bin/beam.smp`, '-root', root, '-bindir', `${root}/erts-13.1.5/bin`, '-sname', 'app@host'],
    ...['-boot', `${root}/releases/${version}/start`],
  ];
  return `vm 7\nuid 0\ngid 0\n${args.map((arg) => `arg ${arg}\n`).join('')}`;
}

/** Where a release has lost what a boot reads it ends. */
function isWhole(disk: Disk, version: string): boolean {
  const files = [`${root}/releases/${version}/start.boot`, `${root}/lib/app-${version}/ebin/app_web.beam`];
  return files.every((path) => disk.read(path) !== undefined);
}

const isOfARun = ([shell, flag, , self]: readonly string[]) => shell === 'sh' && flag === '-c' && self === 'hot-deploy';

/** The script of the switch: it waits for its word, looks at the files, and hands the request over. */
function switched(
  disk: Disk,
  [, , , , , , , sum = '', file = '']: readonly string[],
  source: string,
  ask: (source: string) => Answer | undefined,
): Answer {
  // Without its word the run is gone, or was cancelled.
  if (!source.startsWith('go\n')) return { exitCode: 81 };
  const below = file.slice(root.length + 1);
  if (damaged(disk, root, sum, below).length > 0) return { exitCode: 81, stderr: 'damaged\n' };
  return ask(source) ?? { exitCode: 1 };
}

/** The files that are not what a file of digests says, or that one itself. */
function damaged(disk: Disk, at: string, sum: string, file: string): readonly string[] {
  const sums = disk.read(`${at}/${file}`);
  if (sums === undefined || sha256(sums) !== sum) return [file];
  const lines = sums.toString('utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const [digest, path] = [line.slice(0, 64), line.slice(66)];
    const content = disk.read(`${at}/${path}`);
    return content !== undefined && sha256(content) === digest ? [] : [path];
  });
}

/** What the release's files are, beams left out. */
function listed(disk: Disk, version: string): string {
  const paths = [
    ...disk.below(`${root}/lib`),
    ...disk.below(`${root}/releases/${version}`),
    ...disk.below(`${root}/bin`),
  ];
  const lines = paths
    .filter((path) => !path.endsWith('.beam'))
    .map((path) => `${sha256(disk.read(path) ?? Buffer.alloc(0))}  ${path.slice(root.length + 1)}\n`);
  return `owner 0 0\n${lines.join('')}`;
}
