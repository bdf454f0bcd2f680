import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAsked } from '../../src/source/run-commit.js';
import { type Repository, startRepository } from '../support/git/repository.js';

let repository: Repository;
let chosen: string;
let event: string;
let checkout: string;

beforeAll(async () => {
  repository = await startRepository();
  chosen = await repository.commit({ Dockerfile: 'FROM scratch\n' });
  event = await repository.commit({ Dockerfile: 'FROM debian\n' });
  checkout = await repository.checkout(chosen);
});
afterAll(() => repository.close());

const asked = async (origin: string, more: Readonly<Record<string, string>> = {}, environment = {}) => {
  const git = (...words: readonly string[]) => repository.git('-C', checkout, ...words);
  await git('remote', 'set-url', 'origin', origin);
  const given: Readonly<Record<string, string>> = { mode: 'deploy', containers: 'web', context: checkout, ...more };
  const github = { ...process.env, GITHUB_REPOSITORY: 'Acme/Shop', GITHUB_SHA: event, ...environment };
  const read = await readAsked({ given: (name) => given[name] }, github);
  return [read.environment['GITHUB_SHA'], read.inputs.image];
};

describe('the commit that a run is about', () => {
  it.each(['https://github.com/acme/shop', 'https://github.com/Acme/Shop.git', 'git@github.com:Acme/Shop.git'])(
    'is the one that was checked out to be built from %s',
    async (origin) => {
      expect(await asked(origin)).toEqual([chosen, `acme/shop:${chosen}`]);
      expect(await asked(origin, { mode: 'plan' })).toEqual([chosen, `acme/shop:${chosen}`]);
    },
  );

  it.each([
    'https://github.com/acme/other',
    'https://github.com/not-acme/shop-2',
    'https://github.com/unacme/shop',
    '',
  ])('is that of the event where the checkout is of another repository: %s', async (origin) => {
    expect(await asked(origin || 'none')).toEqual([event, `acme/shop:${event}`]);
  });

  it('is that of the event where nothing is built, or nothing is checked out', async () => {
    const own = 'https://github.com/acme/shop';
    expect(await asked(own, { build: 'false', image: 'shop:2' })).toEqual([event, 'shop:2']);
    expect(await asked(own, { mode: 'rollback' })).toEqual([event, undefined]);
    expect(await asked(own, { context: '/' })).toEqual([event, `acme/shop:${event}`]);
    expect(await asked(own, { context: '/nowhere' })).toEqual([event, `acme/shop:${event}`]);
    expect(await asked(own, {}, { PATH: '' })).toEqual([event, `acme/shop:${event}`]);
  });

  it('is that of the event where a step before has made another one, until that is pushed', async () => {
    const own = 'https://github.com/acme/shop';
    const at = (...words: readonly string[]) => repository.git('-C', checkout, ...words);
    await at('commit', '--quiet', '--allow-empty', '--message', 'version 2');
    expect(await asked(own)).toEqual([event, `acme/shop:${event}`]);
    const made = await at('rev-parse', 'HEAD');
    await at('update-ref', 'refs/remotes/origin/main', made);
    expect(await asked(own)).toEqual([made, `acme/shop:${made}`]);
  });

  it('is nobody’s outside of GitHub', async () => {
    const outside = { GITHUB_SHA: undefined, GITHUB_REPOSITORY: undefined };
    expect(await asked('https://github.com/acme/shop', { image: 'shop:2' }, outside)).toEqual([undefined, 'shop:2']);
  });
});
