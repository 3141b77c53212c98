// `npm run simulate -- [--seeds N] [--from S] [--seed S]`
//
// Runs the deterministic simulation of ownership, sessions and senders: N seeds from S on, or one
// alone. Prints every promise that was broken with its seed; the exit code is 0 only when none was.

import { parseArgs } from 'node:util';
import { World } from './world.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});
const from = Number(options.seed ?? options.from);
const count = options.seed === undefined ? Number(options.seeds) : 1;
const startedMs = performance.now();
const sums = { messages: 0, wireCopies: 0, deaths: 0, stalls: 0, events: 0 };
let failed = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const outcome = new World(seed).run();
  for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += outcome[name];
  if (outcome.breaches.length === 0) continue;
  failed += 1;
  console.log(`seed ${seed} (${outcome.fingerprint}):`);
  for (const breach of outcome.breaches.slice(0, 10)) console.log(`  ${breach}`);
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
console.log(sums);
console.log(`${failed} of ${count} seeds failed, ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
