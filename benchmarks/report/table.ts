import { isMet, type BenchmarkResult, type Target } from './result.ts';

/** A result for the terminal. */
export function terminalText(result: BenchmarkResult): string {
  const cells = [result.columns, ...result.rows.map((row) => row.map(cellText))];
  const widths = result.columns.map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('   ')
      .trimEnd(),
  );
  const [head = '', ...rest] = lines;
  const rule = '─'.repeat(Math.max(...lines.map((line) => line.length)));
  const targets = result.targets.map(
    (target) => `${isMet(target) ? '✔' : '✖'} ${targetText(target)}`,
  );
  return [result.title, '', head, rule, ...rest, '', ...targets]
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n');
}

/** A result for a README. */
export function markdownText(result: BenchmarkResult): string {
  const rows = [
    result.columns,
    result.columns.map((_, column) => (column === 0 ? '---' : '---:')),
    ...result.rows.map((row) => row.map(cellText)),
  ].map((row) => `| ${row.join(' | ')} |`);
  const targets = result.targets.map(
    (target) => `- ${isMet(target) ? 'reached' : '**not reached**'}: ${targetText(target)}`,
  );
  return [`## ${result.title}`, '', result.method, '', ...rows, '', ...targets, ''].join('\n');
}

function targetText({ what, measured, bound, limit }: Target): string {
  return `${what}: ${ratioText(measured)} (${bound === 'at-least' ? 'at least' : 'at most'} ${ratioText(limit)})`;
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : 'not measured';
}

/** Three digits say all that such a measurement can. */
function cellText(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  if (!Number.isFinite(cell)) return '-';
  const size = Math.abs(cell);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return cell.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
