import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from './images.js';

const run = promisify(execFile);

/** A project with one service, `web`, as `compose.yml` in a folder has it. */
export interface ComposeProject {
  /** `docker compose up --detach`. */
  up(): Promise<void>;
  down(): Promise<void>;
}

/** The words of `docker compose` on this machine; undefined if there is none. */
async function composeHere(): Promise<readonly string[] | undefined> {
  for (const words of [['docker', 'compose'], ['docker-compose'], ['out/tools/docker-compose']]) {
    const [program = '', ...rest] = words;
    const { stdout } = await run(program, [...rest, 'version', '--short']).catch(() => ({ stdout: '' }));
    if (/^v?[2-9]\./.test(stdout)) return words;
  }
  return undefined;
}

/** By `docker compose` itself, or where there is none by its rule. */
export async function composeProject(
  folder: string,
  service: {
    readonly project: string;
    readonly name: string;
    readonly live: string;
    readonly labels?: Readonly<Record<string, string>>;
  },
): Promise<ComposeProject> {
  const words = await composeHere();
  if (words === undefined) return played(service);
  const [program = '', ...rest] = words;
  const compose = async (...more: readonly string[]) =>
    void (await run(program, [...rest, '-p', service.project, '-f', join(folder, 'compose.yml'), ...more]));
  return {
    up: () => compose('up', '--detach'),
    down: () => compose('down', '--volumes', '--timeout', '1').catch(() => undefined),
  };
}

/** https://github.com/docker/compose/blob/v2.26.1/pkg/compose/convergence.go (`mustRecreate`) */
function played({ project, name, live, labels = {} }: Parameters<typeof composeProject>[1]): ComposeProject {
  const own = {
    ...labels,
    'com.docker.compose.project': project,
    'com.docker.compose.service': 'web',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'hash',
  };
  const wanted = async () => ({
    ...own,
    'com.docker.compose.image': await docker('image', 'inspect', '--format', '{{.Id}}', live),
  });
  return {
    up: async () => {
      const all = Object.entries(await wanted());
      const shown = await docker('inspect', '--format', '{{json .Config.Labels}}', name).catch(() => '{}');
      const its = JSON.parse(shown) as Readonly<Record<string, string>>;
      if (all.every(([key, value]) => its[key] === value)) return;
      await docker('rm', '--force', name).catch(() => undefined);
      await docker(
        'run',
        '-d',
        '-P',
        '--name',
        name,
        ...all.flatMap(([key, value]) => ['--label', `${key}=${value}`]),
        live,
      );
    },
    down: async () => void (await docker('rm', '--force', '--volumes', name).catch(() => undefined)),
  };
}
