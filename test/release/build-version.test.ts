import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { buildVersion, plainVersion, versionAgainst, versionBeside } from '../../src/release/build-version.js';
import { isUsable } from '../../src/release/names.js';
import { anyImage, bumped, changing, digest, image, runs } from '../support/world/facts.js';

const built = image();
const again = changing(built, 'shop', () => ({ modules: { 'Elixir.Shop': digest('other') } }));
const loaded = (of = again) => runs({ ...of, version: buildVersion(of) });

describe('the version under which a build is loaded', () => {
  it('is its own if another version runs', () => {
    expect(versionBeside(runs(built), bumped(again, '1.1.0'))).toBe('1.1.0');
  });

  it('is its own if it runs already: there is nothing to do', () => {
    expect(versionBeside(runs(built), built)).toBe('1.0.0');
  });

  it('is a build version if its own runs with other content', () => {
    expect(versionBeside(runs(built), again)).toBe(buildVersion(again));
    expect(buildVersion(again)).toMatch(/^1\.0\.0\+hot\.[0-9a-f]{12}$/);
  });

  it('is its own if a build version would be too long: then it takes a restart', () => {
    const long = `1.0.0+${'x'.repeat(115)}`;
    expect(versionBeside(runs({ ...built, version: long }), { ...again, version: long })).toBe(long);
  });

  it('is the same for a build that was loaded so, and another one for the next', () => {
    expect(versionBeside(loaded(), again)).toBe(loaded().version);
    expect(versionBeside(loaded(), built)).toBe(buildVersion(built));
  });

  it('of a copy is that of the image', () => {
    expect(buildVersion({ ...again, version: 'copied', inImage: again })).toBe(buildVersion(again));
  });

  it('of an image is its own beside a version that nobody gave it', () => {
    expect(versionAgainst(runs(built), again)).toBe('1.0.0');
    expect(versionAgainst(loaded(), again)).toBe(loaded().version);
    expect(versionAgainst(runs(bumped(built, '0.9.0')), again)).toBe('1.0.0');
  });

  it('leads back to the version that a release was built with, fits into every path, and keeps a semantic version one', () => {
    fc.assert(
      fc.property(anyImage, (release) => {
        const version = buildVersion(release);
        expect(plainVersion(version)).toBe(release.version);
        expect(isUsable('version', version)).toBe(true);
        expect(semver.valid(version) === null).toBe(semver.valid(release.version) === null);
        expect(plainVersion(release.version)).toBe(release.version);
      }),
    );
  });

  it('tells builds apart by code, files, applications and runtime', () => {
    const others = [
      again,
      { ...built, erts: '14' },
      { ...built, protocols: {} },
      { ...built, files: { ...built.files, 'bin/shop': digest('other') } },
      changing(built, 'cart', () => ({ mode: 'temporary' })),
    ];
    expect(new Set([built, ...others].map(buildVersion)).size).toBe(others.length + 1);
  });
});
