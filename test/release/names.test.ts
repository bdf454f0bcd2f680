import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/reasons/refusal.js';
import { refuseUnusable, refuseUnusableNames } from '../../src/release/names.js';
import { application, changing, image } from '../support/world/facts.js';

describe('a version', () => {
  it.each(['0.1.0', '1.2.3-rc.1+build.7', 'v2.0-14-gabc123', '2026.11.21', 'main@4f2c', '1'])(
    'may be %s',
    (version) => {
      expect(() => refuseUnusable('version', version, 'The image')).not.toThrow();
    },
  );

  it.each([
    '',
    '..',
    '.1',
    '1/../../etc',
    '1 0',
    "1'0",
    '1"0',
    '$(reboot)',
    '1`x`',
    '1\n2',
    '1;x',
    '-rf',
    '*',
    '1\\',
    'ü1',
    '1ü',
    '1'.repeat(129),
  ])('is refused where it is %j', (version) => {
    expect(() => refuseUnusable('version', version, 'The image')).toThrow(Refusal);
  });

  it('that is refused is told, cut short, with what is allowed', () => {
    expect(() => refuseUnusable('version', '/'.repeat(5_000), 'The release')).toThrow(
      `The release has the version "${'/'.repeat(80)}", and hot-deploy takes at most 128 letters, digits and any of . _ + ~ : @ = , -. Name it so and build the image again.`,
    );
  });
});

describe('of a release', () => {
  const { files: _, ...shop } = image();
  it('all names are looked at', () => {
    expect(() => refuseUnusableNames(shop, 'shop:2')).not.toThrow();
    const bad = [
      { ...shop, name: 'my shop' },
      { ...shop, version: '1 0' },
      { ...shop, applications: [...shop.applications, application('a b', [])] },
      { ...shop, applications: changing(image(), 'cart', () => ({ version: '../1' })).applications },
    ];
    for (const each of bad) expect(() => refuseUnusableNames(each, 'shop:2')).toThrow(Refusal);
  });
});
