import type { CampaignResult } from './campaign.ts';

/** Whether every promise was kept. */
export function isGood({ audit }: CampaignResult): boolean {
  return audit.breaches.length === 0 && audit.drift === 0;
}

const counted = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([what, count]) => `  ${what}: ${count}`)
    .join('\n');

/** What happened, for people. */
export function reportCampaign(result: CampaignResult): string {
  const { audit, operations, kills, counts, durationMs } = result;
  const perSecond = Math.round(operations / (durationMs / 1000));
  return [
    `${operations} operations in ${Math.round(durationMs / 1000)} s (${perSecond} a second)`,
    `${audit.transactions} transactions of wallets, ${audit.services} services`,
    `killed:\n${counted(kills)}`,
    `operations and answers:\n${counted(counts)}`,
    ...audit.breaches.slice(0, 20).map((breach) => `BROKEN ${breach}`),
  ].join('\n');
}

/** The line that scripts read. */
export function lastLine(result: CampaignResult, seed: number): string {
  const kills = [...result.kills.values()].reduce((sum, count) => sum + count, 0);
  const { audit, operations } = result;
  return `drift ${audit.drift}, broken ${audit.breaches.length}, operations ${operations}, kills ${kills}, seed ${seed}`;
}
