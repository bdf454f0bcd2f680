import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's package, and what GitHub's own machines have. Undefined: there is none. */
export const chromium = (process.env['PATH'] ?? '')
  .split(':')
  .flatMap((folder) => ['chromium', 'google-chrome'].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Said where a test is skipped for want of it. */
export const missing = 'no Chromium is installed: apt-get install chromium';
