// `npm test [-- filter ...]`: runs all tests, or those in files whose path contains a filter.
//
// Every file runs in a process of its own, two at a time, with one PostgreSQL for all of them and a
// temporary folder (TMPDIR) that is removed at the end. The PostgreSQL is started for them, unless
// TEST_DATABASE_URL names a superuser's connection to another one: so older versions are tried. The last line counts the tests; the exit code is 0 only when there were some and none
// failed.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLog } from '../src/runtime/log.ts';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../src/storage/embedded/embedded-postgres.ts';
import { prepareTemplate } from './harness/database.ts';
import { findTestFiles, readDurations, writeDurations } from './runner/files.ts';
import { findLeftovers } from './runner/leftovers.ts';
import { countLine, countTests, reportFile } from './runner/report.ts';
import { runFile, type FileOutcome } from './runner/run-file.ts';

const FILES_AT_ONCE = 2;
const root = dirname(dirname(import.meta.dirname));

/** What the user's own gateway is configured by must not reach the ones under test. */
function cleanEnvironment(temporary: string): void {
  for (const name of Object.keys(process.env)) {
    const isOurs = name.startsWith('TICKWIRE_') || name.startsWith('PG');
    if (isOurs || ['PORT', 'HOST', 'DATABASE_URL', 'LOG_LEVEL', 'NODE_ENV'].includes(name)) {
      delete process.env[name];
    }
  }
  process.env['TMPDIR'] = temporary;
}

/** Runs the files, `FILES_AT_ONCE` at a time, and prints each when it is through. */
async function runFiles(files: readonly string[], signal: AbortSignal): Promise<FileOutcome[]> {
  const waiting = [...files];
  const outcomes: FileOutcome[] = [];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (signal.aborted) return;
      const outcome = await runFile(join(root, file), file, signal);
      outcomes.push(outcome);
      console.log(`${reportFile(outcome)}\n`);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, worker));
  return outcomes;
}

async function withDatabase(
  temporary: string,
  work: () => Promise<FileOutcome[]>,
): Promise<FileOutcome[]> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    await prepareTemplate(given);
    return await work();
  }
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir: join(temporary, 'data'),
    log: createLog('error'),
    settings: { max_connections: '200' },
    // A port, because some tests put a line that can be cut between the gateway and its database.
    listenOn: 'loopback',
  });
  try {
    process.env['TEST_DATABASE_URL'] = postgres.connectionString;
    await prepareTemplate(postgres.connectionString);
    return await work();
  } finally {
    await postgres.close();
  }
}

/** A process that a test left behind counts as a failed test. Nothing is killed: it may be looked at. */
async function checkLeftovers(temporary: string): Promise<FileOutcome[]> {
  const leftovers = await findLeftovers(temporary);
  return leftovers.map(({ pid, command }) => ({
    file: 'after all tests',
    tests: [
      {
        name: `no process is left behind`,
        nesting: 0,
        state: 'failed',
        durationMs: 0,
        failure: `process ${pid} still runs: ${command}`,
      },
    ],
    output: '',
    durationMs: 0,
  }));
}

async function main(): Promise<void> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort());
  }
  const durations = readDurations(root);
  const files = findTestFiles(root, process.argv.slice(2), durations);
  const temporary = mkdtempSync(join(tmpdir(), 'tickwire-test-'));
  // Root's tests start PostgreSQL as another user, who must get to its data.
  chmodSync(temporary, 0o711);
  cleanEnvironment(temporary);

  const outcomes = await withDatabase(temporary, () => runFiles(files, interrupt.signal));
  const leftovers = await checkLeftovers(temporary);
  for (const leftover of leftovers) console.log(`${reportFile(leftover)}\n`);
  if (leftovers.length === 0) rmSync(temporary, { recursive: true, force: true });

  for (const { file, durationMs } of outcomes) durations[file] = Math.round(durationMs);
  writeDurations(root, durations);
  const counts = countTests([...outcomes, ...leftovers]);
  if (interrupt.signal.aborted) console.log('Interrupted: not all tests were run.');
  if (counts.passed + counts.failed === 0) console.log('No test was run.');
  const isGood = counts.failed === 0 && counts.passed > 0 && !interrupt.signal.aborted;
  process.exitCode = isGood ? 0 : 1;
  console.log(countLine(counts));
}

await main();
