import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where tests are. */
const FOLDERS = ['gateway', 'simulator', 'benchmarks', 'launch'];

/** How long each file took last time, in ms, by its path from the root. */
export type Durations = Record<string, number>;

/**
 * The test files of the repository, by their path from the root: those whose path contains one of
 * the filters (all when there is none), the slowest first, so that none of them is left over when
 * the others are through. A file never seen counts as slow.
 */
export function findTestFiles(
  root: string,
  filters: readonly string[],
  durations: Durations,
): string[] {
  const expected = (file: string): number => durations[file] ?? Infinity;
  return FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: root }))
    .filter((file) => !file.includes('node_modules'))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort((a, b) => (expected(a) === expected(b) ? a.localeCompare(b) : expected(b) - expected(a)));
}

function durationsFile(root: string): string {
  return join(root, 'node_modules', '.cache', 'tickwire', 'test-durations.json');
}

/** What the last runs took; nothing when there was none. */
export function readDurations(root: string): Durations {
  try {
    return JSON.parse(readFileSync(durationsFile(root), 'utf8')) as Durations;
  } catch {
    return {};
  }
}

/** Remembers for next time. A checkout that can't be written to forgets. */
export function writeDurations(root: string, durations: Durations): void {
  try {
    mkdirSync(dirname(durationsFile(root)), { recursive: true });
    writeFileSync(durationsFile(root), `${JSON.stringify(durations, null, 2)}\n`);
  } catch {
    // Only the order of files hangs on it.
  }
}
