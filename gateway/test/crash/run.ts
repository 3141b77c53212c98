// `npm run chaos -- --kills N --seed S [--gateways G] [--stalls PERCENT] [--minutes M] [--database-url URL] [--log LEVEL] [--keep FOLDER]`
//
// Kills the gateway, its PostgreSQL and both, at random times and at named points, while messages go
// out and come in; then compares what was promised with what became of it. The last line says what
// was lost and doubled; the exit code is 0 only when every promise was kept. What was acknowledged,
// and what the gateways printed, is kept in a folder when a promise was broken.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { isGood, lastLine, reportCampaign } from './report.ts';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    gateways: { type: 'string', default: '1' },
    stalls: { type: 'string', default: '0' },
    minutes: { type: 'string' },
    'database-url': { type: 'string' },
    log: { type: 'string', default: 'info' },
    keep: { type: 'string' },
  },
});

function wholeNumber(name: string, written: string): number {
  const number = Number(written);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} must be a number`);
  return number;
}

function makeFolder(): string {
  if (options.keep === undefined) return mkdtempSync(join(tmpdir(), 'tickwire-chaos-'));
  const folder = resolve(options.keep);
  mkdirSync(folder);
  return folder;
}

for (const name of Object.keys(process.env)) {
  // What the user's own gateway is configured by must not reach the ones that are killed.
  if (name.startsWith('TICKWIRE_') || name.startsWith('PG')) delete process.env[name];
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(1));
const seed = wholeNumber('seed', options.seed);
const folder = makeFolder();
// PostgreSQL may run as another user, who must get to its data.
chmodSync(folder, 0o711);
const result = await runCampaign({
  seed,
  kills: wholeNumber('kills', options.kills),
  gateways: wholeNumber('gateways', options.gateways),
  stallsPercent: wholeNumber('stalls', options.stalls),
  folder,
  databaseUrl: options['database-url'] ?? null,
  logLevel: options.log,
  killForMs: options.minutes === undefined ? null : Number(options.minutes) * 60_000,
  say: (line) => console.log(line),
});
console.log(`\n${reportCampaign(result)}\n`);
if (isGood(result) && options.keep === undefined) rmSync(folder, { recursive: true, force: true });
else {
  writeFileSync(
    join(folder, 'result.json'),
    JSON.stringify({ ...result, evidence: null }, null, 2),
  );
  console.log(`What is left of it: ${folder}`);
}
process.exitCode = isGood(result) ? 0 : 1;
console.log(lastLine(result, seed));
