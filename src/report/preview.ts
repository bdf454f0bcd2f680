import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { escaped } from './markdown.js';

const mermaid = 'https://cdn.jsdelivr.net/npm/mermaid@11/dist/mermaid.esm.min.mjs';

/** What GitHub's own page has around a comment, as far as one has to see it to judge the comment. */
const style = `
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: #1f2328; background: #fff; overflow-wrap: break-word; }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; margin-bottom: 16px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) { background: #f6f8fa; }
code, pre { font: 85%/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: #818b981f; border-radius: 6px; }
code { padding: .2em .4em; }
pre { padding: 16px; overflow: auto; }
pre code { padding: 0; background: none; font-size: 100%; }
pre.mermaid { padding: 0; background: none; }
h3 { font-size: 1.25em; margin: 24px 0 16px; }
details { margin-bottom: 16px; }
a { color: #0969da; }
@media (prefers-color-scheme: dark) {
  body { color: #f0f6fc; background: #0d1117; }
  th, td { border-color: #3d444d; }
  tr:nth-child(2n) { background: #151b23; }
  a { color: #4493f8; }
}`;

/**
 * A comment as a page to look at in a browser, drawn as GitHub draws it. Its picture comes from Mermaid, which the browser
 * loads; without a network its source stands there.
 *
 * @param markdown of this project's renderers, which have made all text from outside harmless
 */
export function renderPreview(markdown: string, title: string): string {
  const body = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
  }).replace(/<pre><code class="language-mermaid">(.*?)<\/code><\/pre>/gs, '<pre class="mermaid">$1</pre>');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
<script type="module">
import mermaid from '${mermaid}';
const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'default';
mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme });
await mermaid.run();
</script>
</body>
</html>
`;
}
