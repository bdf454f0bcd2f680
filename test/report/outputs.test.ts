import { expect, test } from 'vitest';
import { renderOutputs } from '../../src/report/outputs.js';
import { report, rolledBack } from './sample.js';

test('the outputs of a hot deploy', () => {
  expect(Object.fromEntries(renderOutputs(report, '/tmp/report.json'))).toEqual({
    outcome: 'deployed',
    method: 'relup',
    'from-version': '0.1.0',
    'to-version': '0.2.0',
    'downtime-ms': '0',
    'failed-requests': '0',
    reasons: '[{"code":"bump-above-limit","subject":"kv","message":"Every check passed.","blocks":[]}]',
    image: 'acme/kv:c0ffee@sha256:0123',
    report: '/tmp/report.json',
    bundle: '/tmp/hot-deploy-0.1.0-0.2.0.tar.gz',
    script: '',
    summary: 'Deployed 0.1.0 → 0.2.0 hot, no request failed, longest gap 11 ms.',
  });
});

test('downtime is that of the container that was down longest, and failed requests are all', () => {
  const outputs = Object.fromEntries(renderOutputs(rolledBack, 'r'));
  expect(outputs['downtime-ms']).toBe('2210');
  expect(outputs['failed-requests']).toBe('3');
});

test('what was not measured is empty, and not zero', () => {
  const outputs = Object.fromEntries(renderOutputs({ ...report, containers: [] }, 'r'));
  expect(outputs['downtime-ms']).toBe('');
  expect(outputs['failed-requests']).toBe('');
});
