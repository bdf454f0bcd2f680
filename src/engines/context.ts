import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A context of the docker CLI that names an engine. The CLI's own `default` is none: DOCKER_HOST and its companions are. */
export interface Context {
  readonly name: string;
  /** Where its engine listens, as `docker context create` was told; empty for the default socket. */
  readonly host: string;
  /** The folder that may hold ca.pem, cert.pem and key.pem. */
  readonly certificates: string;
  /** Whether it holds any of them. */
  readonly secure: boolean;
  readonly skipVerify: boolean;
}

/**
 * The context that the docker CLI would use, in its order: none if DOCKER_HOST is set, then DOCKER_CONTEXT, then
 * `currentContext` of its configuration.
 *
 * @throws Error with one sentence if there is no such context, or it cannot be read
 */
export async function contextOf(environment: NodeJS.ProcessEnv): Promise<Context | undefined> {
  if (environment['DOCKER_HOST']) return undefined;
  const folder = configFolder(environment);
  const asked = environment['DOCKER_CONTEXT'] || undefined;
  const name = asked ?? (await currentContext(join(folder, 'config.json')));
  if (name === undefined || name === 'default') return undefined;
  const by = asked === undefined ? `\`currentContext\` in ${join(folder, 'config.json')}` : 'DOCKER_CONTEXT';
  return await stored(join(folder, 'contexts'), name, by);
}

export function configFolder(environment: NodeJS.ProcessEnv): string {
  return environment['DOCKER_CONFIG'] || join(environment['HOME'] || homedir(), '.docker');
}

async function currentContext(file: string): Promise<string | undefined> {
  const { currentContext: name } = (await json(file)) ?? {};
  return typeof name === 'string' && name !== '' ? name : undefined;
}

async function stored(folder: string, name: string, by: string): Promise<Context> {
  // The CLI's own way to make a name a folder's name.
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'meta', id, 'meta.json');
  const meta = await json(file);
  if (meta === undefined) {
    throw new Error(
      `The docker context ${JSON.stringify(name)}, which ${by} names, was not found: there is no ${file}. \`docker context ls\` shows those that exist; DOCKER_HOST goes before any context.`,
    );
  }
  const { Host: host = '', SkipTLSVerify: skip } = fields(fields(meta['Endpoints'])['docker']);
  if (typeof host !== 'string') {
    throw new Error(`${file}, the docker context ${JSON.stringify(name)}, says of its engine's \`Host\` no text.`);
  }
  const certificates = join(folder, 'tls', id, 'docker');
  const held = await readdir(certificates).catch((): string[] => []);
  const secure = held.some((each) => ['ca.pem', 'cert.pem', 'key.pem'].includes(each));
  return { name, host, certificates, secure, skipVerify: skip === true };
}

/** Undefined if there is no such file. */
async function json(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return fields(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String((cause as NodeJS.ErrnoException).code))) return undefined;
    const why = cause instanceof SyntaxError ? 'it is not JSON' : String((cause as NodeJS.ErrnoException).code);
    throw new Error(
      `${file} decides which engine the docker CLI asks, and cannot be read: ${why}. Mend it, or set DOCKER_HOST.`,
      { cause },
    );
  }
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
