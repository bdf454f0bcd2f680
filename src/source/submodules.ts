import type { Git } from './git.js';

/** A submodule as a commit names it. */
export interface Submodule {
  readonly path: string;
  readonly commit: string;
  /** As it is written down; empty where none is. */
  readonly url: string;
}

/** @param index variables that say where the commit's index is */
export async function submodulesOf(git: Git, commit: string, index: NodeJS.ProcessEnv): Promise<readonly Submodule[]> {
  const entries = ((await git.ask(['ls-files', '--stage'], index)) ?? []).flatMap((line) => {
    const [, own, path] = /^160000 ([0-9a-f]+) 0\t(.+)$/.exec(line) ?? [];
    return own === undefined || path === undefined ? [] : [{ path, commit: own }];
  });
  if (entries.length === 0) return [];
  const words = ['config', '--blob', `${commit}:.gitmodules`, '--get-regexp', '^submodule\\..*\\.(path|url)$'];
  const settings = ((await git.ask(words)) ?? []).map((line) => /^(.*?)\.(path|url) (.*)$/.exec(line) ?? []);
  const find = (key: string, match: (name?: string, value?: string) => boolean) =>
    settings.find(([, name, which, value]) => which === key && match(name, value));
  return entries.map((entry) => {
    const [, name] = find('path', (_, path) => path === entry.path) ?? [];
    const [, , , url = ''] = find('url', (own) => own === name) ?? [];
    return { ...entry, url };
  });
}

/**
 * Where a repository is fetched from: by HTTPS, or as the run's own server is asked. Undefined where its URL says another way.
 *
 * @param base the address of the repository that names it
 * @param server that of the run's repository: what it has for SSH it has for HTTPS, too
 */
export function addressOf(url: string, base: string | undefined, server: string | undefined): string | undefined {
  const [, host, path] = /^(?:ssh:\/\/)?git@([^/:]+)[:/]\/*(.+)$/.exec(url) ?? [];
  const own = server === undefined ? undefined : new URL(server);
  const text = host !== undefined && host === own?.hostname ? `${own.origin}/${path}` : url;
  const isRelative = /^\.\.?\//.test(text);
  if (!URL.canParse(text, isRelative && base !== undefined ? `${base}/` : undefined)) return undefined;
  const { protocol, origin, pathname } = new URL(text, isRelative ? `${base}/` : undefined);
  return protocol === 'https:' || origin === own?.origin ? `${origin}${pathname}` : undefined;
}
