import { describe } from 'vitest';
import { survives } from './plays.js';

const names = ['web-1', 'web-2'];
const bad = 'web-2';

describe('a fleet', () => survives({ names, kind: 'plain' }));
describe('a fleet, both at once', () => survives({ names, kind: 'plain', atOnce: 2 }));
describe('a fleet of which one fails', () => survives({ names, kind: 'plain', bad, thorough: true }));
describe('a fleet of which one fails, both at once', () => survives({ names, kind: 'plain', bad, atOnce: 2 }));
describe('a fleet with --rm', () => survives({ names, kind: '--rm' }));
describe('a fleet with --rm of which one fails', () => survives({ names, kind: '--rm', bad }));
describe('a fleet that is always restarted', () => survives({ names, kind: '--restart always' }));
describe('a fleet that is always restarted, of which one fails', () =>
  survives({ names, kind: '--restart always', bad }));
