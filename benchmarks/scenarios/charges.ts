// Charging wallets: renewals on many agents and on one, beside bare statements that write as much.

import { migrate } from '../../gateway/src/storage/migrate.ts';
import { medianOf, medianRatio } from '../measure/median.ts';
import { Child } from '../processes/child.ts';
import type { ChargeLoop, ChargeLoopResult } from '../programs/charge-loop.ts';
import type { BenchmarkResult } from '../report/result.ts';
import type { Scenario, Surroundings } from './surroundings.ts';

const METHOD = `Renewals of one month, each under an idempotency key of its own, 16 at a time: the service is held, two
entries are written, the wallet's balance moves, the service's expiry moves, one commit. On 50 agents with one service
each, and on one agent with 50 services, whose wallet every charge waits for. "Bare" is the limit, measured in the same
run: a transaction of one INSERT and one UPDATE of a balance, with nothing kept about services, keys or sums.`;

const SHAPES = [
  { name: '50 agents', agents: 50, servicesEach: 1, target: 1000 },
  { name: 'one agent', agents: 1, servicesEach: 50, target: 400 },
] as const;

const perSecond = ({ charges, durationMs }: ChargeLoopResult): number =>
  charges / (durationMs / 1000);

/** `charges`: how many charges a second, on many wallets and on one. */
export const charges: Scenario = { name: 'charges', run };

async function run(surroundings: Surroundings): Promise<BenchmarkResult> {
  const { postgres, isQuick } = surroundings;
  const databaseUrl = await postgres.createDatabase('charges');
  await migrate(databaseUrl);
  await using child = await Child.start({ script: 'benchmarks/programs/charge-loop.ts' });
  const common = { databaseUrl, parallel: 16, durationS: isQuick ? 2 : 8 };
  const measured = [];
  for (const { name, agents, servicesEach, target } of SHAPES) {
    const loop: ChargeLoop = { ...common, agents, servicesEach };
    const rounds: number[] = [];
    const limits: number[] = [];
    for (let round = 0; round < (isQuick ? 1 : 3); round += 1) {
      rounds.push(perSecond(await child.ask<ChargeLoopResult>('charge', loop)));
      limits.push(perSecond(await child.ask<ChargeLoopResult>('limit', loop)));
      surroundings.say(
        `${name}: ${rounds.at(-1)?.toFixed(0)} a second, bare ${limits.at(-1)?.toFixed(0)}`,
      );
    }
    measured.push({ name, target, rounds, limits });
  }
  return {
    name: 'charges',
    title: 'Charges of wallets',
    method: METHOD,
    columns: ['on', 'charges a second', 'bare a second', 'ratio'],
    rows: measured.map(({ name, rounds, limits }) => [
      name,
      Math.round(medianOf(rounds, (rate) => rate)),
      Math.round(medianOf(limits, (rate) => rate)),
      medianRatio(rounds, limits, (rate) => rate).toFixed(2),
    ]),
    targets: measured.map(({ name, target, rounds }) => ({
      what: `charges a second, ${name}`,
      measured: medianOf(rounds, (rate) => rate),
      bound: 'at-least',
      limit: target,
    })),
    rounds: measured,
  };
}
