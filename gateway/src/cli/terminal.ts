import type { AdminApi } from './admin-api.ts';

/** What a command may do to the world around it. */
export interface Terminal {
  /** @param url where the gateway is, if the command line said so */
  connect(url: string | undefined): AdminApi;
  /** @throws Error when there is no such file */
  readFile(path: string): string;
  /** Whether a person looks at what is printed. */
  readonly isTerminal: boolean;
  /** A line, or several, for whoever or whatever reads the outcome. */
  print(text: string): void;
  /** For people alone, beside the outcome. */
  complain(text: string): void;
  wait(delayMs: number): Promise<void>;
  /** On a clock that only runs forward. */
  nowMs(): number;
}

/** Rows under their columns, as wide as what stands in them. */
export function drawTable(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): string {
  const cells = [columns, ...rows.map((row) => row.map((cell) => textOf(cell)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells
    .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

function textOf(cell: unknown): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? '').replace(/^""$/, '');
}
