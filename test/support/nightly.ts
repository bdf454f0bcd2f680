import { describe, it } from 'vitest';
import { everything } from './tier.js';

const leftOut = Object.assign(() => undefined, { each: () => () => undefined });

/** A test, or a group of tests, that the quick tier leaves out without counting it as skipped. */
export const itNightly = (everything ? it : leftOut) as typeof it;
export const describeNightly = (everything ? describe : leftOut) as typeof describe;
