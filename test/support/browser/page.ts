import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import puppeteer, { type Browser, type HTTPRequest, type Page } from 'puppeteer-core';
import { chromium, missing } from './find.js';

const address = 'https://preview.test/';
/** From where the page takes Mermaid, and where the same lies here. */
const [mermaidAddress, mermaidFolder] = ['https://cdn.jsdelivr.net/npm/mermaid@11/', 'node_modules/mermaid'];

/** How the page is looked at. */
export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Pixels of the screen to one of the page. */
  readonly scale?: number;
  /** Whether it can be had. */
  readonly mermaid?: boolean;
}

export interface Opened {
  readonly page: Page;
  /** What must not happen on a page that only shows something. */
  readonly problems: readonly string[];
}

export async function launch(): Promise<Browser> {
  if (chromium === undefined) throw new Error(missing);
  // Chromium's sandbox refuses root; what is shown are this project's own pages.
  const args = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return await puppeteer.launch({ executablePath: chromium, args });
}

/** Shows a page as if it came from the web, with nothing else of the web there, and waits until its pictures are drawn. */
export async function open(
  browser: Browser,
  html: string,
  { width = 1_000, height = 800, dark = false, scale = 1, mermaid = true }: Look = {},
): Promise<Opened> {
  const page = await browser.newPage();
  const problems = watch(page);
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.setRequestInterception(true);
  page.on('request', (request) => answer(request, html, mermaid, problems));
  await page.goto(address);
  if (mermaid) await drawn(page, problems);
  return { page, problems };
}

function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => problems.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`error: ${String(error)}`));
  page.on('popup', () => problems.push('a window was opened'));
  page.on('frameattached', () => problems.push('a frame appeared'));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return problems;
}

async function answer(request: HTTPRequest, html: string, mermaid: boolean, problems: string[]): Promise<void> {
  const url = request.url();
  if (url === address && request.isNavigationRequest()) {
    await request.respond({ contentType: 'text/html; charset=utf-8', body: html });
  } else if (mermaid && url.startsWith(`${mermaidAddress}dist/`)) {
    const body = await readFile(join(mermaidFolder, new URL(url).pathname.replace('/npm/mermaid@11/', '')));
    const headers = { 'access-control-allow-origin': '*' };
    await request.respond({ contentType: 'text/javascript', headers, body });
  } else if (url === `${address}favicon.ico`) {
    await request.respond({ status: 204 }); // Chromium asks for it by itself.
  } else {
    problems.push(`request: ${url}`);
    await request.abort();
  }
}

/** A picture that could not be drawn is drawn as one of a bomb, somewhere else on the page. */
async function drawn(page: Page, problems: string[]): Promise<void> {
  const done = `document.querySelector('[aria-roledescription=error]') !== null
    || [...document.querySelectorAll('pre.mermaid')].every((each) => each.querySelector(':scope > svg') !== null)`;
  await page.waitForFunction(done, { timeout: 45_000 }).catch(() => problems.push('a picture was not drawn'));
}
