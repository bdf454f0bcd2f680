import { createHash } from 'node:crypto';
import { sha256 } from '../../../src/release/archive.js';
import type { ImageRelease } from '../../../src/release/release.js';

export const root = '/app';

const digest = (content: string | Buffer) => createHash('md5').update(content).digest('hex').toUpperCase();

/** What lies in an image of the release `app`: one application with one module, and what a boot reads. */
export function releaseFiles(version: string): Readonly<Record<string, string>> {
  const release = `${root}/releases/${version}`;
  return {
    [`${root}/bin/app`]: 'starts what start_erl.data names\n',
    [`${root}/lib/app-${version}/ebin/app.app`]: `app ${version}\n`,
    [`${root}/lib/app-${version}/ebin/app_web.beam`]: `web of ${version}\n`,
    [`${root}/releases/start_erl.data`]: `13.1.5 ${version}\n`,
    [`${release}/app.rel`]: `app ${version}\n`,
    [`${release}/start.boot`]: `boots ${version}\n`,
    [`${release}/sys.config`]: `settings of ${version}\n`,
  };
}

/** The digests of an application's modules, by what lies in its files. */
export function modulesIn(
  read: (path: string) => Buffer | undefined,
  version: string,
): Readonly<Record<string, string>> {
  const beam = read(`${root}/lib/app-${version}/ebin/app_web.beam`);
  return beam === undefined ? {} : { app_web: digest(beam) };
}

export function imageRelease(version: string): ImageRelease {
  const content = releaseFiles(version);
  const read = (path: string) => (path in content ? Buffer.from(content[path] ?? '') : undefined);
  const application = {
    ...{ name: 'app', version, mode: 'permanent', directory: `${root}/lib/app-${version}`, appup: false },
    modules: modulesIn(read, version),
  };
  return {
    ...{ name: 'app', version, erts: '13.1.5', otp: '25', root, protocols: {} },
    files: Object.fromEntries(
      Object.entries(content)
        .filter(([path]) => !path.endsWith('.beam') && !path.endsWith('/start_erl.data'))
        .map(([path, text]) => [
          path.slice(root.length + 1).replace(`releases/${version}/`, 'releases/VSN/'),
          sha256(Buffer.from(text)),
        ]),
    ),
    applications: [application],
  };
}
