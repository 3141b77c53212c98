import type { FileOutcome, TestOutcome } from './run-file.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const MARKS = { passed: '✔', failed: '✖', skipped: '–', suite: '▸' } as const;

/** One file as lines of text: its tests by name, failures in full. */
export function reportFile({ file, tests, output, durationMs }: FileOutcome): string {
  const lines = [`${file}  (${seconds(durationMs)})`];
  for (const test of tests) {
    const indent = '  '.repeat(test.nesting + 1);
    lines.push(`${indent}${MARKS[test.state]} ${test.name}${slow(test)}`);
    if (test.failure !== '') lines.push(indentBy(`${indent}    `, test.failure));
  }
  const hasFailed = tests.some(({ state }) => state === 'failed');
  if (hasFailed && output.trim() !== '') {
    lines.push('  The file printed:', indentBy('    ', output.trimEnd()));
  }
  return lines.join('\n');
}

/** Counts tests, not the suites around them. */
export function countTests(outcomes: readonly FileOutcome[]): Counts {
  const tests = outcomes.flatMap((outcome) => outcome.tests);
  const count = (state: TestOutcome['state']): number =>
    tests.filter((test) => test.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** The last line of a run, which scripts read: its form is a promise. */
export function countLine({ passed, failed, skipped }: Counts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

function slow({ durationMs, state }: TestOutcome): string {
  return durationMs < 1000 || state === 'suite' ? '' : `  (${seconds(durationMs)})`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

function indentBy(indent: string, text: string): string {
  return text.replaceAll(/^/gm, indent);
}
