import { getExecOutput } from '@actions/exec';

/** How this machine's docker CLI builds. */
export interface Builder {
  readonly kind: 'buildx' | 'buildkit' | 'classic';
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * With the plug-in; `--load` for builders that would else keep the image to themselves. It would run git in the context, for a
 * record of the commit that an image in the engine does not have.
 */
const buildx: Builder = {
  kind: 'buildx',
  command: ['buildx', 'build', '--load', '--progress', 'plain'],
  environment: { BUILDX_GIT_INFO: 'false' },
};

/** CLIs before 23 bring BuildKit themselves. */
const buildkit: Builder = {
  kind: 'buildkit',
  command: ['build', '--progress', 'plain'],
  environment: { DOCKER_BUILDKIT: '1' },
};

/**
 * Later ones without the plug-in refuse to build at all where BuildKit is asked for. The container of a step that fails
 * would stay.
 */
const classic: Builder = { kind: 'classic', command: ['build', '--force-rm'], environment: { DOCKER_BUILDKIT: '0' } };

const pluginSince = 23;

/** @throws Error where there is no docker CLI */
export async function builderOf(environment: NodeJS.ProcessEnv): Promise<Builder> {
  const version = await output(['--version'], environment);
  if (environment['DOCKER_BUILDKIT'] === '0') return classic;
  if ((await output(['buildx', 'version'], environment)) !== undefined) return buildx;
  const major = /(\d+)\.\d/.exec(version ?? '')?.[1];
  return Number(major) < pluginSince ? buildkit : classic;
}

/** What docker prints; undefined where it fails. */
async function output(words: string[], environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const options = { env: { ...environment } as Record<string, string>, silent: true, ignoreReturnCode: true };
    const { exitCode, stdout } = await getExecOutput('docker', words, options);
    return exitCode === 0 ? stdout.trim() : undefined;
  } catch (cause) {
    throw new Error(
      'Building an image needs the docker command line, and it cannot be run here: install it, or give an image that exists with `build: false`.',
      { cause },
    );
  }
}
