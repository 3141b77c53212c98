import type { KillResult } from './campaign.ts';

/** A campaign as a table, and what was broken. */
export function reportKills(result: KillResult): string {
  const { verdict, events, arrivals, killsAtTimes, killsAtPoints, durationMs } = result;
  const points = Object.entries(killsAtPoints).map(([point, count]) => `${count} at \`${point}\``);
  const breaches = [...verdict.lost, ...verdict.inversions, ...verdict.strangers].slice(0, 20);
  return [
    `| | |`,
    `|---|---:|`,
    `| events kept | ${events} |`,
    `| kills | ${[`${killsAtTimes} at random times`, ...points].join(', ')} |`,
    `| requests that came | ${arrivals} |`,
    `| events lost | ${verdict.lost.length} |`,
    `| order inversions | ${verdict.inversions.length} |`,
    `| repeats under another id | ${verdict.strangers.length} |`,
    `| repeats under the same id | ${verdict.repeats} |`,
    `| minutes | ${(durationMs / 60_000).toFixed(1)} |`,
    ...breaches,
  ].join('\n');
}
