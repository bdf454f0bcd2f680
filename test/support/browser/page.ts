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
  const window = windows.get(browser) ?? (await openWindow(browser));
  windows.set(browser, window);
  const { page } = window;
  const problems: string[] = [];
  Object.assign(window, { html, mermaid, problems });
  await page.setCacheEnabled(mermaid);
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(address);
  if (mermaid) await drawn(page, problems);
  return { page, problems };
}

/** What is shown, and what becomes of it. */
interface Window {
  readonly page: Page;
  html: string;
  mermaid: boolean;
  problems: string[];
}

/** One for all that a browser shows: what it has loaded of Mermaid it need not load again, which takes longer than to draw. */
const windows = new WeakMap<Browser, Window>();

async function openWindow(browser: Browser): Promise<Window> {
  const [page = await browser.newPage()] = await browser.pages();
  const window: Window = { page, html: '', mermaid: true, problems: [] };
  const tell = (problem: string) => window.problems.push(problem);
  page.on('console', (message) => tell(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => tell(`error: ${String(error)}`));
  page.on('popup', () => tell('a window was opened'));
  page.on('frameattached', () => tell('a frame appeared'));
  page.on('dialog', (dialog) => {
    tell(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.setRequestInterception(true);
  page.on('request', (request) => answer(request, window));
  return window;
}

async function answer(request: HTTPRequest, { html, mermaid, problems }: Window): Promise<void> {
  const url = request.url();
  if (url === address && request.isNavigationRequest()) {
    await request.respond({ contentType: 'text/html; charset=utf-8', body: html });
  } else if (mermaid && url.startsWith(`${mermaidAddress}dist/`)) {
    const body = await readFile(join(mermaidFolder, new URL(url).pathname.replace('/npm/mermaid@11/', '')));
    const headers = { 'access-control-allow-origin': '*', 'cache-control': 'max-age=3600' };
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
