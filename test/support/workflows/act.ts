import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inPlaceOf, path, published, type Runner, variables } from './runner.js';

/** script/setup.sh builds it. */
const binary = resolve('out/tools/act');

/** A runner that others made, https://github.com/nektos/act: jobs run on this machine, as on a self-hosted runner. */
export const act: Runner = {
  name: 'act',
  ...(!existsSync(binary) && { absent: 'out/tools/act is not there: script/test builds it where Go is' }),
  run: async (file, happening, shop, github) => {
    const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-act-'));
    try {
      const payload = join(folder, 'event.json');
      await writeFile(payload, JSON.stringify(happening.payload));
      // All that GitHub fetches of an action, and nothing else of this folder.
      const action = join(folder, 'action');
      await mkdir(action);
      for (const part of ['action.yml', 'dist']) await cp(part, join(action, part), { recursive: true });

      const { token, ...set } = variables(happening, shop, github);
      const words = [
        ...[happening.event, '--workflows', join(shop.workflows, file)],
        ...['--directory', shop.folder, '--eventpath', payload, '--secret', `GITHUB_TOKEN=${token}`],
        ...['--actor', set.GITHUB_ACTOR, '--env', `GITHUB_API_URL=${set.GITHUB_API_URL}`],
        ...['self-hosted', 'ubuntu-latest'].flatMap((label) => ['--platform', `${label}=-self-hosted`]),
        ...Object.entries({ ...inPlaceOf, [published]: action }).flatMap(([uses, stands]) => [
          '--local-repository',
          `${uses}=${stands}`,
        ]),
        ...['--action-cache-path', join(folder, 'cache'), '--no-cache-server', '--pull=false', '--rm'],
      ];
      return await new Promise<number>((done, fail) => {
        const child = spawn(binary, words, {
          cwd: folder,
          env: {
            ...process.env,
            // Its settings are looked for there, and docker's stay what they are.
            HOME: folder,
            XDG_CONFIG_HOME: folder,
            DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'),
            HOT_DEPLOY_TEST_ORIGIN: shop.folder,
            PATH: path(),
          },
          stdio: ['ignore', 'inherit', 'inherit'],
        });
        child.once('error', fail).once('exit', (code) => done(code ?? -1));
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
