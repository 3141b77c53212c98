// `npm run storms -- [--only outage|poison|clocks|crowd|schedule|stop] [--keep FOLDER] [--outage SECONDS] [--faketime FILE]`
//
// What the gateway promises about bad weather, with real processes, a PostgreSQL of their own and the
// simulator. The exit code is 0 only when everything holds.

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Findings } from './findings.ts';
import * as clocks from './clocks.ts';
import * as crowd from './crowd.ts';
import * as outage from './outage.ts';
import * as poison from './poison.ts';
import * as schedule from './schedule.ts';
import * as stop from './stop.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    keep: { type: 'string' },
    outage: { type: 'string', default: '60' },
    faketime: { type: 'string' },
  },
});

for (const name of Object.keys(process.env)) {
  if (name.startsWith('TICKWIRE_') || name.startsWith('PG')) delete process.env[name];
}
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(signal, () => process.exit(1));
const folder =
  options.keep === undefined ? mkdtempSync(join(tmpdir(), 'storms-')) : resolve(options.keep);
mkdirSync(folder, { recursive: true });
// PostgreSQL may run as another user, who must get to its data.
chmodSync(folder, 0o711);

const findings = new Findings();
const lengthMs = Number(options.outage) * 1000;
const STORMS: Record<string, () => Promise<void>> = {
  outage: async () => {
    await outage.storm(folder, { shape: 'refused', gateways: 1, lengthMs }, findings);
    await outage.storm(folder, { shape: 'hanging', gateways: 1, lengthMs }, findings);
    await outage.storm(folder, { shape: 'hanging', gateways: 2, lengthMs }, findings);
  },
  poison: async () => {
    await poison.storm(folder, 1, findings);
    await poison.storm(folder, 2, findings);
  },
  clocks: async () => {
    const faketime = options.faketime ?? null;
    for (const whose of ['database', 'gateways', 'both'] as const) {
      for (const direction of [1, -1] as const) {
        await clocks.storm(folder, faketime, { whose, direction }, findings);
      }
    }
  },
  crowd: () => crowd.storm(folder, findings),
  schedule: () => schedule.storm(folder, findings),
  stop: () => stop.storm(folder, findings),
};
const chosen = options.only === undefined ? Object.keys(STORMS) : options.only.split(',');
for (const name of chosen) {
  const run = STORMS[name];
  if (run === undefined) throw new Error(`--only must be of ${Object.keys(STORMS).join(', ')}`);
  await run();
}
console.log(`\n${findings.table()}\n`);
if (findings.allHold && options.keep === undefined) {
  rmSync(folder, { recursive: true, force: true });
} else console.log(`What is left of it: ${folder}`);
process.exitCode = findings.allHold ? 0 : 1;
console.log(findings.allHold ? 'all hold' : 'NOT all hold');
process.exit();
