import { describe } from 'vitest';
import { survives } from './plays.js';

const names = ['web-1', 'web-2'];
const bad = 'web-2';
/** Fleets are alike in most of what they do: each call is struck in some of them. */
const part = (from: number) => ({ every: 8, from });

describe('a fleet', () => survives({ names, kind: 'plain', part: { every: 4, from: 1 } }));
describe('a fleet, both at once', () => survives({ names, kind: 'plain', atOnce: 2, part: part(0) }));
describe('a fleet of which one fails', () => survives({ names, kind: 'plain', bad, thorough: true, part: part(1) }));
describe('a fleet of which one fails, both at once', () =>
  survives({ names, kind: 'plain', bad, atOnce: 2, part: part(2) }));
describe('a fleet with --rm', () => survives({ names, kind: '--rm', part: part(0) }));
describe('a fleet with --rm of which one fails', () => survives({ names, kind: '--rm', bad, part: part(1) }));
describe('a fleet that is always restarted', () => survives({ names, kind: '--restart always', part: part(2) }));
describe('a fleet that is always restarted, of which one fails', () =>
  survives({ names, kind: '--restart always', bad, part: part(3) }));
