import { describe, expect, test } from 'vitest';
import { readInputs } from '../../src/config/read-inputs.js';
import { read, refusal } from '../support/inputs/reading.js';

describe('an image that runs', () => {
  test('stands for the containers where there are none', () => {
    const inputs = read({ mode: 'rehearse', containers: '', from: 'shop:1' });
    expect(inputs).toMatchObject({ from: { kind: 'image', reference: 'shop:1' }, containers: [] });
  });

  test.each(['last-deployment', 'base-branch'] as const)('is found where it is said how: %s', (from) => {
    expect(read({ mode: 'plan', containers: '', from }).from).toEqual({ kind: from });
  });

  test('is what was deployed last where a run on GitHub only asks, and names no container', () => {
    const github = { GITHUB_REPOSITORY: 'Acme/Shop', GITHUB_SHA: 'f'.repeat(40) };
    const inputs = readInputs((name) => (name === 'mode' ? 'plan' : undefined), github);
    expect(inputs).toMatchObject({ from: { kind: 'last-deployment' }, containers: [] });
    expect(() => readInputs((name) => (name === 'mode' ? 'deploy' : undefined), github)).toThrow(
      '`containers` is missing',
    );
    expect(refusal({ mode: 'plan', containers: '' })).toContain('`containers` is missing');
  });

  test('is nothing to deploy to', () => {
    expect(refusal({ mode: 'status', containers: '', from: 'shop:1' })).toContain('`mode` is "status"');
    expect(refusal({ mode: 'deploy', containers: '', from: 'shop:1' })).toContain(
      'Allowed with it are `plan`, `rehearse`',
    );
  });

  test('does not stand beside containers', () => {
    expect(refusal({ mode: 'plan', from: 'shop:1' })).toContain('leave out one of the two');
  });
});
