// `npm run chaos:ledger -- --operations N --kills K --seed S [--edges E] [--minutes M]`
// `npm run chaos:ledger -- --rounds N`
//
// Random purchases, renewals, suspensions, removals, top-ups and reversals, 64 at a time on 50
// agents, over HTTP, while the edges and their PostgreSQL are killed; then the books are compared
// with what was answered. With `--rounds`, instead, services are renewed at the moment of their
// removal: exactly one of the two wins. The exit code is 0 only when every promise was kept.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { databaseBeside } from '../crash/killable-database.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { runCampaign, type CampaignOrder } from './campaign.ts';
import { raceRenewals } from './renewal-rounds.ts';
import { isGood, lastLine, reportCampaign } from './report.ts';

const { values: options } = parseArgs({
  options: {
    operations: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    edges: { type: 'string', default: '2' },
    minutes: { type: 'string' },
    rounds: { type: 'string' },
  },
});

function wholeNumber(name: string, written: string): number {
  const number = Number(written);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a number`);
  return number;
}

const seed = wholeNumber('seed', options.seed);
const folder = mkdtempSync(join(tmpdir(), 'tickwire-ledger-'));
// PostgreSQL may run as another user, who must get to its data.
chmodSync(folder, 0o711);
process.env['TMPDIR'] = folder;
const database = await databaseBeside(folder);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => void database.close().finally(() => process.exit(1)));
}
try {
  if (database.url === null) throw new Error('there is no database');
  if (options.rounds === undefined) await campaign({ ...database, url: database.url });
  else await race(database.url, wholeNumber('rounds', options.rounds));
} finally {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}

async function campaign(killable: CampaignOrder['database']): Promise<void> {
  const result = await runCampaign({
    operations: wholeNumber('operations', options.operations),
    kills: wholeNumber('kills', options.kills),
    seed,
    edges: wholeNumber('edges', options.edges),
    parallel: 64,
    agents: 50,
    database: killable,
    // The server's process is known for certain by proc(5) only.
    mayKillPostgres: process.platform === 'linux',
    forMs: options.minutes === undefined ? null : Number(options.minutes) * 60_000,
    say: (line) => console.log(line),
  });
  console.log(`\n${reportCampaign(result)}\n`);
  process.exitCode = isGood(result) ? 0 : 1;
  console.log(lastLine(result, seed));
}

async function race(url: string, rounds: number): Promise<void> {
  await migrate(url);
  const opened = openDatabase(url, () => undefined);
  try {
    const { renewed, removed } = await raceRenewals(opened, rounds);
    console.log(`broken 0, rounds ${rounds}, renewed ${renewed}, removed ${removed}`);
  } finally {
    await opened.close();
  }
}
