import { expect, test } from 'vitest';
import { evaluate, holds, interpolate } from './expression.js';

const contexts = {
  inputs: { containers: null, to: '1.0.0' },
  github: { sha: 'abc', repository: 'Acme/Shop', event: { number: 7, pull_request: { head: { repo: null } } } },
  needs: { build: { outputs: { image: 'shop:abc' } } },
};

test.each([
  ["inputs.containers || 'label:role=web'", 'label:role=web'],
  ["inputs.to || 'previous'", '1.0.0'],
  ["inputs.probe_ || ''", undefined],
  ["'it''s' == 'IT''S'", true],
  ['github.event.number == 7 && github.sha', 'abc'],
  ["!(github.sha != 'abc')", true],
  ['github.event.pull_request.head.repo.full_name == github.repository', false],
  ['github.event.nothing.there', null],
  ['needs.build.outputs.image', 'shop:abc'],
  ['always()', true],
])('%s is %j', (expression, value) => {
  if (value === undefined) expect(() => evaluate(expression, contexts)).toThrow('nothing that the tests know');
  else expect(evaluate(expression, contexts)).toBe(value);
});

test.each([
  'github.shaa',
  'needs.build.outputs.digest',
  'secrets.TOKEN',
  "hashFiles('**')",
  'github.sha == ',
  '(github.sha',
  'github.sha github.sha',
  "github.event['number']",
  'github.sha > 1',
])('%s is an error, since nobody here knows it', (expression) => {
  expect(() => evaluate(expression, contexts)).toThrow();
});

test('braces within quotes are text', () => {
  const filled = (text: string) => interpolate(text.replaceAll('<', '$' + '{{').replaceAll('>', '}}'), contexts);
  expect(filled("a < inputs.containers || 'http://{container}:4000/' > b < github.sha >")).toBe(
    'a http://{container}:4000/ b abc',
  );
  expect(filled('http://{container}:4000/')).toBe('http://{container}:4000/');
  expect(() => filled('< github.event >')).toThrow('is no text');
});

test('a condition holds with braces and without', () => {
  expect(holds("github.sha == 'abc'", contexts)).toBe(true);
  expect(holds(`$\{{ github.sha == 'abd' }}`, contexts)).toBe(false);
});
