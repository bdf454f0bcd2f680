import { readFileSync } from 'node:fs';
import type { Page } from 'puppeteer-core';

/** What stands on a page once the browser has read it. */
export interface Seen {
  readonly first: string;
  readonly tables: readonly {
    readonly title: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  readonly pictures: readonly {
    readonly kind: string;
    readonly sections: readonly string[];
    readonly bars: number;
    readonly labels: readonly string[];
    /** Of the names of its sections, and of what stands beside its bars. */
    readonly colors: readonly string[];
    /** From where to where the figures of the axis stand. */
    readonly ticks: readonly (readonly [number, number])[];
    /** Where the bars end and the figures of the axis begin, from the top. */
    readonly lowest: number;
    readonly axis: number;
    /** What of it is drawn beside the picture. */
    readonly outside: readonly string[];
    /** Elements that lead out of it or run something. */
    readonly foreign: number;
  }[];
  readonly folds: readonly {
    readonly title: string;
    readonly open: boolean;
    readonly visible: boolean;
    readonly text: string;
  }[];
  /** What is read, and where it leads. */
  readonly links: readonly (readonly [string, string])[];
  /** Of each comment on the page every element with the names of its attributes, without what is inside of pictures. */
  readonly comments: readonly (readonly string[])[];
  /** Text outside of code, links and pictures, where GitHub looks for names. */
  readonly plain: string;
  readonly visible: string;
  /** Pixels by which the page is wider than its window. */
  readonly overflow: number;
  readonly color: string;
  readonly background: string;
  readonly pwned: boolean;
}

const look = readFileSync(new URL('look.js', import.meta.url), 'utf8');

export const see = async (page: Page) => (await page.evaluate(look)) as Seen;
