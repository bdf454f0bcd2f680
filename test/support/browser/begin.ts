import type { TestProject } from 'vitest/node';
import { chromium } from './find.js';
import { launch } from './page.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the browser listens. */
    readonly browser: string;
  }
}

/** One browser for all files. */
export default async function begin(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (chromium === undefined) return undefined;
  const browser = await launch();
  project.provide('browser', browser.wsEndpoint());
  return () => browser.close();
}
