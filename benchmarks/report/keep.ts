import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from './result.ts';
import { markdownText } from './table.ts';

const FOLDER = join(import.meta.dirname, '..', 'results');

const TRUST = `Each figure stands beside its limit, measured in the same run in alternating rounds; shown are
medians, and the ratios are medians of the rounds' own ratios. Trust the ratios. The absolute figures
depend on the machine and on what else it does: client, server, database and simulator share its cores.
CPU times are of whole processes. Everything happens on the loopback interface of one machine.`;

/** Writes `latest.json` and `README.md`. */
export function keepResults(results: readonly BenchmarkResult[], postgresVersion: string): void {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const machine = {
    platform: `${process.platform} ${process.arch}`,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    postgres: postgresVersion,
  };
  const { platform, cores, memoryGiB, node, postgres } = machine;
  const readme = [
    '# Benchmarks',
    '',
    `${date} UTC, ${platform}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, PostgreSQL ${postgres}.`,
    'Written by `npm run bench`.',
    '',
    TRUST,
    '',
    ...results.map(markdownText),
  ].join('\n');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'README.md'), `${readme.trimEnd()}\n`);
  writeFileSync(
    join(FOLDER, 'latest.json'),
    `${JSON.stringify({ date, machine, results }, null, 2)}\n`,
  );
}
