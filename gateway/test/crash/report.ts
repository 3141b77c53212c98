import type { BreachKind } from './compare.ts';
import type { CampaignResult } from './campaign.ts';

const OUTGOING_LOST: readonly BreachKind[] = ['lost'];
const INCOMING_LOST: readonly BreachKind[] = ['incoming lost'];
const DOUBLED: readonly BreachKind[] = ['shown twice', 'incoming doubled'];
const BREACHES_SHOWN_MAX = 40;

/** The campaign as a Markdown table, and every breach with its evidence. */
export function reportCampaign(result: CampaignResult): string {
  const { known, evidence, breaches } = result;
  const { stats } = evidence;
  const { ids, copies } = stats.messagesByWireId;
  const rows: [string, string | number][] = [
    ['kills', killCount(result)],
    ['- of a gateway, at a random time', countKills(result, /^gateway/)],
    ['- of PostgreSQL', countKills(result, /^postgres$/)],
    ['- of both at once', countKills(result, /^both/)],
    ['- of a gateway, at a named point', countKills(result, /^[a-z-]+:/)],
    ['- no kill: a gateway stopped for longer than its leases last', countKills(result, /^stall/)],
    ['minutes', (result.durationMs / 60_000).toFixed(1)],
    ['messages acknowledged', known.acknowledged.length],
    ['- of them with a file', known.acknowledged.filter((one) => one.fileSha256 !== null).length],
    ['requests that were never answered', known.unanswered.length],
    ['set aside as poison, and sent again by hand', result.setAside],
    ['acknowledged and lost', count(result, OUTGOING_LOST)],
    ['shown twice', count(result, ['shown twice'])],
    ['shown to the wrong phone', count(result, ['shown to the wrong phone'])],
    ['shown before their time', count(result, ['shown early'])],
    ['with another file', count(result, ['file differs'])],
    ['ticks lost', count(result, ['tick lost'])],
    ['`getStatus` and `sentMessages` differ', count(result, ['the lists differ'])],
    ['WhatsApp ids on the wire', ids],
    ['copies more than ids', copies - ids],
    ['texts written by contacts', known.written.length],
    ['incoming lost', count(result, INCOMING_LOST)],
    ['incoming doubled', count(result, ['incoming doubled'])],
    ['ratchet counters reused', stats.reusedRatchetCounters],
    ['undecryptable at a phone', stats.undecryptable],
    ['asked of a contact once more', stats.retriesAskedByDevices],
    ['refused by the gateway (nack)', stats.negativeAcks],
    ['overlapping sockets', stats.overlappingSockets],
    ['logins', stats.logins],
  ];
  return [
    '| what | count |',
    '|---|---:|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
    '',
    ...(result.hasSettled ? [] : ['It did not come to rest in time.', '']),
    ...breaches.slice(0, BREACHES_SHOWN_MAX).map((breach) => describeBreach(result, breach)),
    ...(breaches.length > BREACHES_SHOWN_MAX ? [`... ${breaches.length} in all`] : []),
  ].join('\n');
}

/** The last line, for scripts. */
export function lastLine(result: CampaignResult, seed: number): string {
  const lost = count(result, [...OUTGOING_LOST, ...INCOMING_LOST]);
  return `lost ${lost}, duplicated ${count(result, DOUBLED)}, kills ${killCount(result)}, seed ${seed}`;
}

/** Whether every promise was kept. */
export function isGood({ breaches, hasSettled }: CampaignResult): boolean {
  return breaches.length === 0 && hasSettled;
}

function describeBreach(
  { kills }: CampaignResult,
  { promise, round, detail }: CampaignResult['breaches'][number],
): string {
  if (round === null) return `${promise}: ${detail}`;
  const near = kills
    .filter((kill) => Math.abs(kill.round - round) <= 1)
    .map((kill) => `round ${kill.round} life ${kill.life ?? '-'} ${kill.killed}`);
  return `${promise}: ${detail} [${near.join('; ')}]`;
}

function count({ breaches }: CampaignResult, kinds: readonly BreachKind[]): number {
  return breaches.filter(({ promise }) => kinds.includes(promise)).length;
}

function countKills({ kills }: CampaignResult, pattern: RegExp): number {
  return kills.filter(({ killed }) => pattern.test(killed)).length;
}

function killCount({ kills }: CampaignResult): number {
  return kills.filter(({ killed }) => !killed.startsWith('stall')).length;
}
