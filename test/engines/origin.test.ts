import { describe, expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import { isChannel, originOf, sameName } from '../../src/engines/origin.js';

const made = (image: string, labels: Record<string, string> | null = null) =>
  ({ Config: { Image: image, Labels: labels } }) as unknown as ContainerDetails;

describe("the name of a container's image", () => {
  it.each([
    ['shop:live', null, 'shop:live'],
    ['shop:1.1.0', { 'hot-deploy.reference': 'shop:live' }, 'shop:live'],
    [`sha256:${'a'.repeat(64)}`, { 'hot-deploy.reference': 'shop:live' }, 'shop:live'],
    [`sha256:${'a'.repeat(64)}`, {}, undefined],
    ['0123456789ab', null, undefined],
  ])('%s with %o is %s by its own definition', (image, labels, expected) => {
    expect(originOf(made(image, labels))).toBe(expected);
  });

  it.each([
    'shop',
    'shop:live',
    'shop:latest',
    'registry:5000/acme/shop',
    'registry:5000/shop:production',
    'shop:main',
  ])('%s is a channel', (name) => expect(isChannel(name)).toBe(true));

  it.each([
    ...[
      'shop:1.1.0',
      'shop:v2',
      'shop:2',
      'shop:1.1.0-alpine',
      'shop:2026-01-02',
      'shop:build-77',
      'shop:main-3f2a91c',
    ],
    ...['shop:deadbeef', `shop@sha256:${'a'.repeat(64)}`, `shop:live@sha256:${'a'.repeat(64)}`, 'registry:5000/shop:1'],
  ])('%s means one version', (name) => expect(isChannel(name)).toBe(false));

  it('without a tag means latest', () => {
    expect(sameName('registry:5000/shop', 'registry:5000/shop:latest')).toBe(true);
    expect(sameName('shop', 'shop:live')).toBe(false);
  });
});
