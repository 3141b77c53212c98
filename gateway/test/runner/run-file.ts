import { run } from 'node:test';
import { inspect } from 'node:util';

/** What became of one test. */
export interface TestOutcome {
  readonly name: string;
  /** 0 for a test at the top of its file. */
  readonly nesting: number;
  readonly state: 'passed' | 'failed' | 'skipped' | 'suite';
  readonly durationMs: number;
  /** In full, empty unless it failed by itself. */
  readonly failure: string;
}

export interface FileOutcome {
  readonly file: string;
  readonly tests: readonly TestOutcome[];
  /** What the file printed beside its results. */
  readonly output: string;
  readonly durationMs: number;
}

const TEST_TIMEOUT_MS = 120_000;
/** A file that reports nothing for so long hangs outside its tests, which have their own limit. */
const FILE_SILENCE_MAX_MS = TEST_TIMEOUT_MS + 30_000;

interface TestReport {
  readonly testId: number;
  readonly parentId: number;
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: {
    readonly duration_ms: number;
    readonly type?: string;
    readonly error?: Error & { failureType?: string };
  };
}

/**
 * Runs one test file in a process of its own.
 * @param path absolute
 * @param file how it is called in the report
 * @param signal ends it early
 */
export async function runFile(
  path: string,
  file: string,
  signal: AbortSignal,
): Promise<FileOutcome> {
  const startedMs = performance.now();
  const tests: TestOutcome[] = [];
  const parents: number[] = [];
  let output = '';
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), FILE_SILENCE_MAX_MS);
  const events = run({
    files: [path],
    isolation: 'process',
    concurrency: 1,
    timeout: TEST_TIMEOUT_MS,
    signal: AbortSignal.any([signal, silence.signal]),
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  for await (const { type, data } of events) {
    watchdog.refresh();
    if (type === 'test:stdout' || type === 'test:stderr') output += data.message;
    if (type === 'test:pass' || type === 'test:fail') {
      const report = data as TestReport;
      // Tests inside another are reported first and belong below it.
      const child = parents.indexOf(report.testId);
      const place = child === -1 ? tests.length : child;
      tests.splice(place, 0, outcomeOf(report, path, type === 'test:pass'));
      parents.splice(place, 0, report.parentId);
    }
  }
  clearTimeout(watchdog);
  if (silence.signal.aborted) tests.push(failed(file, 'The file did not end by itself.'));
  if (tests.length === 0) tests.push(failed(file, 'The file has no tests.'));
  return { file, tests, output, durationMs: performance.now() - startedMs };
}

function outcomeOf(report: TestReport, path: string, hasPassed: boolean): TestOutcome {
  const { name, nesting, details } = report;
  const durationMs = details.duration_ms;
  const isFileItself = name === path;
  if (isFileItself && hasPassed) return failed(name, 'The file has no tests.');
  if (isFileItself) return failed(name, 'The file ended with a failure outside its tests.');
  const ownFailure = details.error?.failureType !== 'subtestsFailed';
  if (report.skip !== undefined || report.todo !== undefined) {
    return { name, nesting, state: 'skipped', durationMs, failure: '' };
  }
  if (details.type === 'suite' && (hasPassed || !ownFailure)) {
    return { name, nesting, state: 'suite', durationMs, failure: '' };
  }
  const failure = hasPassed || !ownFailure ? '' : describe(details.error);
  return { name, nesting, state: hasPassed ? 'passed' : 'failed', durationMs, failure };
}

function failed(name: string, failure: string): TestOutcome {
  return { name, nesting: 0, state: 'failed', durationMs: 0, failure };
}

/** node:test wraps what a test threw. */
function describe(error: Error | undefined): string {
  const thrown = error?.cause ?? error;
  if (typeof thrown === 'string') return thrown;
  // An assertion's message has its values already.
  const isAssertion = thrown instanceof Error && 'generatedMessage' in thrown;
  return isAssertion ? (thrown.stack ?? thrown.message) : inspect(thrown, { depth: 6 });
}
