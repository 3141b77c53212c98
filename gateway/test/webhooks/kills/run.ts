// `npm run chaos:webhooks -- --events N --kills K --seed S [--gateways G] [--minutes M]`
//
// Kills gateways while they deliver events; then compares what was kept with what has come. The exit
// code is 0 only when nothing was lost, came in the wrong order or under another id.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { databaseBeside } from '../../crash/killable-database.ts';
import { runKills } from './campaign.ts';
import { isGood } from './compare.ts';
import { reportKills } from './report.ts';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '2000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    gateways: { type: 'string', default: '2' },
    minutes: { type: 'string' },
  },
});

for (const name of Object.keys(process.env)) {
  // What the user's own gateway is configured by must not reach the ones that are killed.
  if (name.startsWith('TICKWIRE_') || name.startsWith('PG')) delete process.env[name];
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(1));
const folder = mkdtempSync(join(tmpdir(), 'tickwire-chaos-webhooks-'));
// PostgreSQL may run as another user, who must get to its data.
chmodSync(folder, 0o711);
const database = await databaseBeside(join(folder, 'database'));
try {
  const result = await runKills({
    events: Number(options.events),
    kills: Number(options.kills),
    seed: Number(options.seed),
    gateways: Number(options.gateways),
    services: 6,
    folder,
    databaseUrl: database.url ?? '',
    killForMs: options.minutes === undefined ? null : Number(options.minutes) * 60_000,
    say: (line) => console.log(line),
  });
  console.log(`\n${reportKills(result)}\n`);
  process.exitCode = isGood(result.verdict) ? 0 : 1;
} finally {
  await database.close();
}
if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true });
else console.log(`What is left of it: ${folder}`);
