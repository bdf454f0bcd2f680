import { expect, it } from 'vitest';
import type { ContainerDetails } from '../../src/engines/details.js';
import { sharedProbe, targetOf } from '../../src/rollout/for-container.js';
import { read } from '../support/inputs/reading.js';

const container = (name: string, labels: Record<string, string> | null = null, check?: string) =>
  ({
    ...{ Id: 'c0', Name: `/${name}` },
    Config: { Labels: labels, ...(check && { Healthcheck: { Test: [check, 'true'] } }) },
  }) as unknown as ContainerDetails;

const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
const own = 'compose:shop/web probe=tcp://{container}:4000\nworker probe=none\nlabel:role=job\nother';

it.each<[string, string | undefined, ContainerDetails, string | undefined]>([
  ['the probe of its line', 'docker', container('shop-web-1', compose), 'tcp'],
  [
    'nothing by a line that says none, whatever holds for others',
    'docker',
    container('worker', null, 'CMD'),
    undefined,
  ],
  ['the probe for all, if its line has none', 'exec:true', container('job-1', { role: 'job' }, 'CMD'), 'exec'],
  ['its HEALTHCHECK without any', undefined, container('other', null, 'CMD'), 'docker'],
  ['nothing without a HEALTHCHECK', undefined, container('other'), undefined],
  ['nothing if its HEALTHCHECK is switched off', undefined, container('other', null, 'NONE'), undefined],
  ['nothing if that holds for all', 'none', container('other', null, 'CMD'), undefined],
])('a container is asked by %s', (_, probe, its, kind) => {
  const inputs = read({ containers: own, ...(probe && { probe }) });
  expect(targetOf(inputs, its)?.kind).toBe(kind);
});

it('a probe that cannot tell containers apart is said', () => {
  const all = [container('one'), container('other')];
  const said = (probe: string, its = all) => sharedProbe(read({ containers: 'one\nother', probe }), its);
  expect(said('http://shop.example.org/health')).toMatch(/^one, other are all asked at http:\/\/shop\.example\.org:80/);
  expect(said('http://shop.example.org/health', all.slice(1))).toBeUndefined();
  expect(said('http://{container}:4000/health')).toBeUndefined();
});
