import { describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../src/engines/engine.js';
import { ownName, type Selector, select, standFor } from '../../src/targets/selector.js';

const one = (name: string, labels: Record<string, string> = {}, others: readonly string[] = []): ContainerSummary => ({
  id: `id of ${name}`,
  names: [...others, name],
  labels,
  state: 'running',
  networkMode: 'bridge',
  createdAt: 0,
});
const compose = (project: string, service: string, more: Record<string, string> = {}) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
  ...more,
});

const ours = { 'hot-deploy.run': 'r', 'hot-deploy.holder': '{}' };

const all = [
  one('web-10', { role: 'web', ...compose('shop', 'web') }),
  one('web-2', { role: 'web', ...compose('shop', 'web') }),
  one('web', { role: 'front' }, ['proxy/web-2']),
  one('web-run-1', compose('shop', 'web', { 'com.docker.compose.oneoff': 'True' })),
  one('web-2.hot-deploy-old-0123456789ab', { role: 'web', ...compose('shop', 'web') }),
  one('web-2.hot-deploy-previous-0123456789ab', { role: 'web', ...compose('shop', 'web') }),
  one('hot-deploy-lock-production', {
    role: 'web',
    ...compose('shop', 'web'),
    'hot-deploy.lock': 'production',
    ...ours,
  }),
  one('hot-deploy-cold-boot-1', { role: 'web', ...compose('shop', 'web'), 'hot-deploy.role': 'cold-boot', ...ours }),
  one('db', { role: 'data', ...compose('shop', 'db') }),
];
const names = (...selectors: Selector[]) => select(all, selectors).map(ownName);

describe('a selector', () => {
  it('by name means exactly that container', () => {
    expect(names({ by: 'name', name: 'web' })).toEqual(['web']);
  });

  it('by name does not mean a container that another calls so by a link', () => {
    expect(names({ by: 'name', name: 'web-2' })).toEqual(['web-2']);
  });

  it('by label means all that carry it, the second before the tenth, and nothing of our own making', () => {
    expect(names({ by: 'label', key: 'role', value: 'web' })).toEqual(['web-2', 'web-10']);
  });

  it.each(['hot-deploy.role', 'hot-deploy.lock'])('by label means one that only has the label %s, too', (label) => {
    const imitating = one('web-3', { role: 'web', [label]: 'base' });
    expect(select([...all, imitating], [{ by: 'label', key: 'role', value: 'web' }]).map(ownName)).toContain('web-3');
  });

  it('by compose service means its containers, and none that `compose run` made', () => {
    expect(names({ by: 'compose', project: 'shop', service: 'web' })).toEqual(['web-2', 'web-10']);
  });

  it('and others together mean each container once, in the order given', () => {
    expect(
      names({ by: 'name', name: 'web-10' }, { by: 'name', name: 'db' }, { by: 'label', key: 'role', value: 'web' }),
    ).toEqual(['web-10', 'db', 'web-2']);
  });
});

describe('a selector that means nothing names what there is', () => {
  it.each<[Selector, string]>([
    [{ by: 'name', name: 'wed' }, 'No container has the name wed. There is web, db, web-2, web-10,'],
    [{ by: 'name', name: 'we' }, 'No container has the name we. There is web, web-10, web-2'],
    [
      { by: 'label', key: 'role', value: 'wep' },
      'No container has the label role=wep. There is role=web, role=data, role=front.',
    ],
    [{ by: 'label', key: 'none', value: 'x' }, 'No container has the label none=x, and none has anything of the kind'],
    [
      { by: 'compose', project: 'shop', service: 'wep' },
      'No container is of the compose service shop/wep. There is shop/web, shop/db.',
    ],
  ])('%o', (selector, sentence) => {
    expect(() => names(selector)).toThrow(sentence);
  });

  it.each<Selector>([
    { by: 'name', name: 'hot-deploy-lock' },
    { by: 'label', key: 'role', value: 'x' },
    { by: 'compose', project: 'shop', service: 'x' },
    { by: 'label', key: 'hot-deploy.lock', value: 'x' },
  ])('and nothing of our own making: %o', (selector) => {
    const own = all.map((each) => ({ ...each, labels: { ...each.labels, role: each.names.at(-1) ?? '' } }));
    expect(() => select(own, [selector])).toThrow(/^No container/);
    expect(() => select(own, [selector])).not.toThrow(/hot-deploy-(old|previous|lock-|cold)|There is production/);
  });

  it('though another means something', () => {
    expect(() => names({ by: 'name', name: 'web' }, { by: 'name', name: 'nobody' })).toThrow('has the name nobody');
  });

  it('and not all of many', () => {
    const many = Array.from({ length: 30 }, (_, index) => one(`app-${index}`));
    expect(() => select(many, [{ by: 'name', name: 'x' }])).toThrow(/, and 20 more\.$/);
  });
});
describe('what an interrupted restart left', () => {
  it('is meant by the name that it stands for, though no container has it now', () => {
    const halfWay = [
      one('api.hot-deploy-old-0123456789ab', { role: 'api' }),
      one('api.hot-deploy-new-0123456789ab', { role: 'api' }),
      one('api.hot-deploy-previous-ba9876543210', { role: 'api' }),
      one('api-2', { role: 'api' }),
    ];
    const [old, fresh, , second] = halfWay.map(({ id }) => id);
    expect(standFor(halfWay, [{ by: 'name', name: 'api' }])).toEqual([old, fresh]);
    expect(standFor(halfWay, [{ by: 'label', key: 'role', value: 'api' }])).toEqual([old, fresh, second]);
    expect(standFor(halfWay, [{ by: 'name', name: 'web' }])).toEqual([]);
  });
});
