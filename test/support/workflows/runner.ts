import { delimiter, join, resolve } from 'node:path';
import { type GithubServer, token } from '../github/server.js';
import type { Shop } from './shop.js';
import type { Happening } from './workflow.js';

/** Carries out workflow files as they lie in a repository. */
export interface Runner {
  readonly name: string;
  /** Where it cannot be had here: why. */
  readonly absent?: string;
  /**
   * One run of one file.
   *
   * @returns 0 where no job failed
   */
  run(file: string, happening: Happening, shop: Shop, github: GithubServer): Promise<number>;
}

/** How the published workflows call the Action: where it will be found is settled when it is published. */
export const published = 'OWNER/hot-deploy@v1';

const standIns = join(import.meta.dirname, 'stand-ins');

/** Actions of others by the names that the workflows use, and the folders of what runs in their place. */
export const inPlaceOf: Readonly<Record<string, string>> = {
  'actions/checkout@v5': join(standIns, 'checkout'),
  'actions/upload-artifact@v4': join(standIns, 'upload-artifact'),
  'docker/build-push-action@v6': join(standIns, 'build-push'),
  'docker/login-action@v3': join(standIns, 'login'),
  'docker/setup-buildx-action@v3': join(standIns, 'setup-buildx'),
};

/** Node 24 as `node`, and a docker that asks no registry. */
export const path = () =>
  [resolve('test/support/node24/node_modules/.bin'), join(standIns, 'bin'), process.env['PATH']].join(delimiter);

/** What a runner of GitHub's sets, beside what is the same for all. */
export function variables({ event, commit, ref }: Happening, shop: Shop, github: GithubServer) {
  return {
    GITHUB_ACTOR: 'somebody',
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_NAME: event,
    GITHUB_REF: ref,
    GITHUB_REPOSITORY: shop.repository,
    GITHUB_RUN_ID: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: commit,
    token,
  };
}
