import { modules } from './modules/index.js';
import { recreate } from './recreate/index.js';
import { relup } from './relup/index.js';
import type { Strategy } from './strategy.js';

/** All strategies, the one to be preferred first. */
export const strategies: readonly Strategy[] = [relup, modules, recreate];
