import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker } from '../world/images.js';
import { type Crew, gather } from './crew.js';
import { type Version, versions } from './images.js';

/** One container, the tag by which it is deployed, and what that is built from. */
export interface Stage {
  readonly crew: Crew;
  readonly tag: string;
  /** A container of the first version, as if nobody had ever deployed to it. */
  begin(): Promise<void>;
  /** The folder that a version is built from. */
  context(version: Version): string;
  /** The version of the image that the tag names. */
  tagged(): Promise<string>;
  close(): Promise<void>;
}

const label = 'hot-deploy-test-version';
const all = Object.keys(versions).map(Number) as readonly Version[];

export async function openStage(image: (version: Version) => string): Promise<Stage> {
  const crew = await gather({ size: 1 });
  const tag = `hot-deploy-test:${crew.environment}`;
  const folder = await mkdtemp(join(tmpdir(), 'hot-deploy-stage-'));
  const context = (version: Version) => join(folder, String(version));
  // A name of its own for each: the tag moves, and what it leaves must not be pruned.
  const own = (version: Version) => `${tag}-${version}`;
  for (const version of all) {
    await mkdir(context(version));
    const lines = `FROM ${image(version)}\nLABEL ${label}=${versions[version]}\n`;
    await writeFile(join(context(version), 'Dockerfile'), lines);
    await docker('build', '-q', '-t', own(version), context(version));
  }
  return {
    crew,
    tag,
    context,
    begin: async () => {
      await docker('tag', own(1), tag);
      await crew.start(tag);
    },
    tagged: () => docker('inspect', '--type', 'image', '-f', `{{index .Config.Labels "${label}"}}`, tag),
    close: async () => {
      await crew.remove();
      await crew.proxy.close();
      await docker('rmi', '-f', tag, ...all.map(own)).catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
}
