import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

/** As GitHub reads it: GFM with HTML left in. */
export const html = (markdown: string) =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

/** The elements in their order, without what stands in them. */
export const skeleton = (markdown: string) =>
  (html(markdown).match(/<[^>]*>/g) ?? []).join('').replace(/href="[^"]*"/g, '');

/** Without what is data to Markdown: a chart, whether which can break is asked in gantt.test.ts, JSON, and the mark. */
export const plain = (markdown: string) =>
  markdown
    .replace(/```mermaid.*?```/s, '')
    .replace(/^(`{3,})json.*?^\1$/ms, '')
    .replace(/<!-- hot-deploy [\w -]* -->$/, '');
