import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import type { TimelineEvent } from '../deployment/report.js';
import { escaped } from './markdown.js';
import { timelineSvg } from './timeline-svg.js';

/** What GitHub's own page has around a comment, as far as one has to see it to judge the comment. */
export const style = `
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; background: #fff; overflow-wrap: break-word; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; margin-bottom: 16px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) { background: #f6f8fa; }
code, pre { font: 85%/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: #818b981f; border-radius: 6px; }
code { padding: .2em .4em; }
pre { padding: 16px; overflow: auto; }
pre code { padding: 0; background: none; font-size: 100%; }
h3 { font-size: 1.25em; margin: 24px 0 16px; }
details { margin-bottom: 16px; }
a { color: #0969da; }
.timeline { width: 100%; height: auto; font: 12px -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
.timeline text { fill: currentColor; }
.timeline .section { font-weight: 600; }
.timeline .tick { opacity: .7; }
.timeline .inside { fill: #fff; }
.timeline rect { fill: #0969da; }
.timeline line { stroke: currentColor; opacity: .15; }
@media (prefers-color-scheme: dark) {
  body { color: #f0f6fc; background: #0d1117; }
  th, td { border-color: #3d444d; }
  tr:nth-child(2n) { background: #151b23; }
  a { color: #4493f8; }
}`;

/**
 * A comment as a page to look at in a browser. GitHub draws the timeline from its Mermaid source; here it is a picture in the page
 * itself, since the browser may have no network.
 *
 * @param markdown of this project's renderers, which have made all text from outside harmless
 */
export function renderPreview(markdown: string, title: string, timeline: readonly TimelineEvent[]): string {
  const picture = timelineSvg(timeline);
  const body = asHtml(markdown);
  return page(picture === undefined ? body : body.replace(mermaidBlock, () => picture), title);
}

/** A fence of Mermaid as it is in {@link asHtml}; its source is the group. */
export const mermaidBlock = /<pre><code class="language-mermaid">(.*?)<\/code><\/pre>/s;

export function asHtml(markdown: string): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
}

export function page(body: string, title: string, css = style): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${css}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
