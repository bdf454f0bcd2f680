// Runs inside the page, and answers what seen.ts declares.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const text = (element) => element.textContent.trim();
  const box = (element) => element.getBoundingClientRect();

  /** The fold around a table, or the heading before it. */
  function titleOf(table) {
    const fold = table.closest('details');
    if (fold !== null) return text(fold.querySelector('summary'));
    let before = table;
    while (before !== null && before.tagName !== 'H3') before = before.previousElementSibling;
    return before === null ? '' : text(before);
  }

  const isOutside = (each, { left, right }) => box(each).left < left - 1 || box(each).right > right + 1;

  const picture = (svg) => ({
    kind: svg.getAttribute('aria-roledescription'),
    sections: all('text.sectionTitle', svg).map(text),
    bars: all('rect.task', svg).filter((bar) => box(bar).width > 0 && box(bar).height > 0).length,
    labels: all('text[class*=taskText]', svg).map(text),
    colors: all('text.sectionTitle, text[class*=taskTextOutside]', svg).map((each) => getComputedStyle(each).fill),
    ticks: all('.grid .tick text', svg).map((tick) => [box(tick).left, box(tick).right]),
    outside: all('rect.task, text', svg)
      .filter((each) => isOutside(each, box(svg)))
      .map(text),
    lowest: Math.max(...all('rect.task', svg).map((bar) => box(bar).bottom)),
    axis: Math.min(...all('.grid .tick text', svg).map((tick) => box(tick).top)),
    foreign: all('a, image, foreignObject, script, iframe, [href], [onclick]', svg).length,
  });

  function fold(details) {
    const content = all(':scope > :not(summary)', details);
    return {
      title: text(details.querySelector('summary')),
      open: details.open,
      visible: content.some((each) => each.checkVisibility()),
      text: content.map(text).join('\n'),
    };
  }

  const named = (each) =>
    [each.tagName.toLowerCase(), ...[...each.attributes].map(({ name }) => name).sort()].join(' ');

  /** Each comment ends with its mark; behind the last one comes the script of the page. */
  function comments() {
    const parts = [[]];
    for (const node of document.body.childNodes) {
      if (node.nodeType === Node.COMMENT_NODE) parts.push([]);
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      const inside = all('*', node).filter((each) => each.closest('svg') === null);
      parts.at(-1).push(...[node, ...inside].map(named));
    }
    return parts;
  }

  function plain() {
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (nodes.nextNode()) {
      if (nodes.currentNode.parentElement.closest('pre, code, a, script') === null) found.push(nodes.currentNode.data);
    }
    return found.join('\n');
  }

  const { color, backgroundColor } = getComputedStyle(document.body);
  const { scrollWidth, clientWidth } = document.documentElement;
  return {
    first: text(document.body.firstElementChild),
    tables: all('table').map((table) => ({
      title: titleOf(table),
      columns: all('th', table).map(text),
      rows: all('tbody tr', table).map((row) => all('td', row).map(text)),
    })),
    pictures: all('pre.mermaid > svg').map(picture),
    folds: all('details').map(fold),
    links: all('a').map((link) => [text(link), link.getAttribute('href')]),
    comments: comments(),
    plain: plain(),
    visible: document.body.innerText,
    overflow: scrollWidth - clientWidth,
    color,
    background: backgroundColor,
    pwned: globalThis.pwned !== undefined,
  };
})();
