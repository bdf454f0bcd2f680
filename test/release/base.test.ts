import { describe, expect, it } from 'vitest';
import { differingSettings, withoutExchanged } from '../../src/release/base.js';
import { image } from '../engines/created.js';

const between = (from: Record<string, unknown>, to: Record<string, unknown>) =>
  differingSettings(image(from), image(to));

describe('of what an image sets for its containers', () => {
  it.each<[string, unknown, unknown]>([
    ['User', 'shop', '1000'],
    ['WorkingDir', '/app', '/srv'],
    ['Cmd', ['bin/shop', 'start'], ['bin/shop', 'daemon']],
    ['Entrypoint', ['/entry'], ['/entry', '-v']],
    ['Volumes', { '/data': {} }, { '/data': {}, '/more': {} }],
    ['ExposedPorts', { '80/tcp': {} }, { '8080/tcp': {} }],
    ['Healthcheck', { Test: ['CMD', 'true'] }, { Test: ['NONE'] }],
    ['StopSignal', 'SIGTERM', 'SIGQUIT'],
    ['Shell', ['/bin/sh', '-c'], ['/bin/bash', '-c']],
  ])('another %s is told, a new one and one that is gone', (name, one, other) => {
    const told = [name.toUpperCase()];
    expect(between({ [name]: one }, { [name]: other })).toEqual(told);
    expect(between({}, { [name]: one })).toEqual(told);
    expect(between({ [name]: one }, {})).toEqual(told);
    expect(between({ [name]: one }, { [name]: structuredClone(one) })).toEqual([]);
  });

  it('variables are told by name, once and without their values', () => {
    const from = { Env: ['PATH=/bin', 'SECRET=one', 'GONE=1', 'FLAG'] };
    const to = { Env: ['SECRET=two=three', 'PATH=/bin', 'NEW=', 'FLAG'] };
    expect(between(from, to)).toEqual(['ENV SECRET', 'ENV GONE', 'ENV NEW']);
  });

  it.each([
    ['labels, into which builds write commit and time', { Labels: { commit: '1' } }, { Labels: { commit: '2' } }],
    [
      'one way or another to set nothing',
      { Cmd: null, Env: null, Volumes: null, User: null },
      { Cmd: [], Env: [], Volumes: {}, User: '' },
    ],
    ['the order of the variables', { Env: ['A=1', 'B=2'] }, { Env: ['B=2', 'A=1'] }],
  ])('%s do not count', (_, from, to) => {
    expect(between(from, to)).toEqual([]);
  });

  it('all differences are told', () => {
    expect(between({ User: 'a', Env: ['A=1'] }, { User: 'b', Cmd: ['x'] })).toEqual(['ENV A', 'USER', 'CMD']);
  });
});

describe("of a runtime's own files", () => {
  const listing = (...paths: readonly string[]) => new Map(paths.map((path) => [path, path]));
  const differing = ['README', 'erts-13.1.5/bin/beam.smp', 'erts-14.0/bin/beam.smp', 'etc/app.toml'];

  it('none counts where the other image has another runtime', () => {
    const [old, next] = [listing('erts-13.1.5/bin/beam.smp'), listing('erts-14.0/bin/beam.smp')];
    expect(withoutExchanged(differing, old, next)).toEqual(['README', 'etc/app.toml']);
  });

  it('those of the same version count', () => {
    const both = listing('erts-13.1.5/bin/beam.smp', 'README');
    expect(withoutExchanged(differing.slice(0, 2), both, both)).toEqual(['README', 'erts-13.1.5/bin/beam.smp']);
  });
});
