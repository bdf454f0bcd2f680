import { describe } from 'vitest';
import { survives } from './plays.js';

const names = ['web'];

describe('a container', () => survives({ names, kind: 'plain', thorough: true }));
describe('a container whose new version ends', () => survives({ names, kind: 'plain', bad: 'web', thorough: true }));
describe('a container without a HEALTHCHECK', () => survives({ names, kind: 'plain', unchecked: true }));
describe('a container with --rm', () => survives({ names, kind: '--rm', thorough: true }));
describe('a container with --rm whose new version ends', () => survives({ names, kind: '--rm', bad: 'web' }));
describe('a container that is always restarted', () => survives({ names, kind: '--restart always' }));
describe('a container that is always restarted, whose new version ends again and again', () =>
  survives({ names, kind: '--restart always', bad: 'web', thorough: true }));
