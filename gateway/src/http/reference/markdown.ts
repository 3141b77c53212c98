/** Text for HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** One line of Markdown: `code` and nothing else. */
export function inlineHtml(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** The Markdown that the reference is written in: paragraphs, `## headings`, `code`, and notes. */
export function blocksHtml(text: string): string {
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      if (block.startsWith('## ')) return `<h2>${inlineHtml(block.slice(3))}</h2>`;
      if (block.startsWith('Note: ')) return `<p class="note">${inlineHtml(block.slice(6))}</p>`;
      return `<p>${inlineHtml(block)}</p>`;
    })
    .join('\n');
}
