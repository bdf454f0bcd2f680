import { describe, it } from 'vitest';
import { setUp } from '../support/model/stage.js';
import { conformance, type Ground, wayOf } from './agent-conformance.js';

describe('the model of a node does what a real one does:', () => {
  it.each(Object.entries(conformance))('%s', async (_, check) => {
    const { engine, clock } = await setUp({ names: ['web'], kind: 'plain', hot: { task: 'rollback' } });
    const ground: Ground = { engine, clock, container: 'web', old: '1', next: '2' };
    await check(ground, await wayOf(ground));
  });
});
