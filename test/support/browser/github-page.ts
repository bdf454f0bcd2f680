import { asHtml, mermaidBlock, page, style } from '../../../src/report/preview.js';

const mermaid = 'https://cdn.jsdelivr.net/npm/mermaid@11/dist/mermaid.esm.min.mjs';

/** Markdown as GitHub shows it: there the timeline is drawn by Mermaid. */
export function githubPage(markdown: string): string {
  const body = asHtml(markdown).replace(new RegExp(mermaidBlock, 'gs'), '<pre class="mermaid">$1</pre>');
  const drawing = `<script type="module">
import mermaid from '${mermaid}';
const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'default';
mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme });
await mermaid.run();
</script>`;
  return page(`${body}\n${drawing}`, 'title', `${style}\npre.mermaid { padding: 0; background: none; }`);
}
