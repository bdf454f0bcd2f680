import { describe } from 'vitest';
import { survives } from './plays.js';

const names = ['web'];
/** The first of them is struck at each call, and each call of the others in some. */
const part = (from: number) => ({ every: 4, from });

describe('a container', () => survives({ names, kind: 'plain', thorough: true }));
describe('a container whose new version ends', () =>
  survives({ names, kind: 'plain', bad: 'web', thorough: true, part: part(0) }));
describe('a container without a HEALTHCHECK', () => survives({ names, kind: 'plain', unchecked: true, part: part(0) }));
describe('a container with --rm', () => survives({ names, kind: '--rm', thorough: true, part: part(1) }));
describe('a container with --rm whose new version ends', () =>
  survives({ names, kind: '--rm', bad: 'web', part: part(0) }));
describe('a container that is always restarted', () => survives({ names, kind: '--restart always', part: part(1) }));
describe('a container that is always restarted, whose new version ends again and again', () =>
  survives({ names, kind: '--restart always', bad: 'web', thorough: true, part: part(1) }));
