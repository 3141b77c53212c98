// `npm run bench [-- filter ...] [--quick] [--profile FOLDER]`: measures everything, or the
// benchmarks whose names contain a filter, each beside its limit. Prints tables and, of a full run,
// keeps them in `results/`.

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Postgres } from './processes/postgres.ts';
import { keepResults } from './report/keep.ts';
import { isMet, type BenchmarkResult } from './report/result.ts';
import { terminalText } from './report/table.ts';
import { charges } from './scenarios/charges.ts';
import { accept } from './scenarios/accept.ts';
import { endToEnd } from './scenarios/end-to-end.ts';
import { idleMemory } from './scenarios/idle-memory.ts';
import { lists } from './scenarios/lists.ts';
import { webhookPromptness } from './scenarios/webhook-promptness.ts';
import { webhooks } from './scenarios/webhooks.ts';

const SCENARIOS = [accept, endToEnd, idleMemory, lists, webhooks, webhookPromptness, charges];

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, profile: { type: 'string' } },
});

async function runAll(folder: string): Promise<void> {
  const chosen = SCENARIOS.filter(
    ({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)),
  );
  if (chosen.length === 0) throw new Error(`no benchmark is named like ${filters.join(', ')}`);
  const profileFolder = options.profile === undefined ? null : resolve(options.profile);
  if (profileFolder !== null) mkdirSync(profileFolder, { recursive: true });
  await using postgres = await Postgres.start(join(folder, 'postgres'));
  const results: BenchmarkResult[] = [];
  for (const scenario of chosen) {
    const own = join(folder, scenario.name);
    mkdirSync(own);
    console.log(`${scenario.name} ...`);
    const result = await scenario.run({
      postgres,
      folder: own,
      isQuick: options.quick,
      profileFolder,
      say: (line) => console.log(`  ${line}`),
    });
    console.log(`\n${terminalText(result)}\n`);
    results.push(result);
  }
  const missed = results.flatMap(({ targets }) => targets).filter((target) => !isMet(target));
  const isFull = chosen.length === SCENARIOS.length && !options.quick && profileFolder === null;
  if (isFull) keepResults(results, await postgres.version());
  console.log(
    missed.length === 0 ? 'Every target was reached.' : `${missed.length} targets missed.`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'tickwire-bench-'));
// PostgreSQL may run as another user, who must get to its data.
chmodSync(folder, 0o711);
try {
  await runAll(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
