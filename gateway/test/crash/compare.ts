import type { Evidence, Shown } from './evidence.ts';
import type { Acknowledged, Unanswered, Written } from './ledger.ts';

/** WhatsApp shows seconds; a message may be handed over this much before its time. */
const EARLY_MS_MAX = 1000;

/** What the client knows, see `Ledger`. */
export interface Known {
  readonly acknowledged: readonly Acknowledged[];
  readonly unanswered: readonly Unanswered[];
  readonly written: readonly Written[];
}

/** A promise that was broken, with all that is known about it. */
export interface Breach {
  readonly promise: BreachKind;
  readonly round: number | null;
  readonly detail: string;
}

export type BreachKind =
  | 'lost'
  | 'shown twice'
  | 'shown to the wrong phone'
  | 'shown early'
  | 'file differs'
  | 'tick lost'
  | 'the lists differ'
  | 'incoming lost'
  | 'incoming doubled'
  | 'ratchet counter reused'
  | 'undecryptable'
  | 'sockets overlapped'
  | 'error in the simulator'
  | 'gateway died';

/**
 * Compares what was promised with what became of it: pure, so that it can be tested itself.
 * @param stalls how many processes hung. One that hangs can not close its sockets, so WhatsApp closes
 *   them when the next owner logs in, and counts that as sockets that overlap
 */
export function compare(known: Known, evidence: Evidence, stalls: number): Breach[] {
  const shown = indexShown(evidence);
  return [
    ...known.acknowledged.flatMap((entry) => checkAcknowledged(entry, shown)),
    ...known.unanswered.flatMap((entry) => checkUnanswered(entry, shown)),
    ...known.acknowledged.flatMap((entry) => checkStanding(entry, evidence)),
    ...known.written.flatMap((entry) => checkWritten(entry, evidence)),
    ...checkStats(evidence, stalls),
  ];
}

type ShownByText = ReadonlyMap<string, readonly (Shown & { readonly phone: string })[]>;

function indexShown({ shown }: Evidence): ShownByText {
  const entries = [...shown].flatMap(([phone, list]) => list.map((entry) => ({ ...entry, phone })));
  return Map.groupBy(entries, ({ text }) => text);
}

function checkAcknowledged(entry: Acknowledged, shown: ShownByText): Breach[] {
  const { id, round, account, text, phones, notBeforeMs, fileSha256 } = entry;
  const about = `message ${id} of account ${account}, "${text}"`;
  const breaches: Breach[] = [];
  const found = shown.get(text) ?? [];
  for (const phone of phones) {
    if (found.some((one) => one.phone === phone)) continue;
    breaches.push({ promise: 'lost', round, detail: `${about}: ${phone} has not shown it` });
  }
  if (found.some(({ at }) => at < notBeforeMs - EARLY_MS_MAX)) {
    breaches.push({ promise: 'shown early', round, detail: `${about}: due at ${notBeforeMs}` });
  }
  if (found.some(({ media }) => (media?.sha256 ?? null) !== fileSha256)) {
    breaches.push({ promise: 'file differs', round, detail: about });
  }
  return [...breaches, ...checkOnce(entry, shown)];
}

function checkUnanswered(entry: Unanswered, shown: ShownByText): Breach[] {
  return checkOnce(entry, shown);
}

function checkOnce({ round, account, text, phones }: Unanswered, shown: ShownByText): Breach[] {
  const breaches: Breach[] = [];
  const byPhone = Map.groupBy(shown.get(text) ?? [], ({ phone }) => phone);
  for (const [phone, found] of byPhone) {
    const detail = `"${text}" of account ${account}: ${found.length} times at ${phone}`;
    if (found.length > 1) breaches.push({ promise: 'shown twice', round, detail });
    if (phones.includes(phone)) continue;
    breaches.push({ promise: 'shown to the wrong phone', round, detail });
  }
  return breaches;
}

/** Every phone has shown it in the end, so that is what the API has to say. */
function checkStanding({ id, round, text }: Acknowledged, evidence: Evidence): Breach[] {
  const standing = evidence.standings.get(id);
  const listed = evidence.listed.get(id);
  const breaches: Breach[] = [];
  if (standing?.delivery !== 'read') {
    const detail = `message ${id}, "${text}", stands at ${JSON.stringify(standing)}`;
    breaches.push({ promise: 'tick lost', round, detail });
  }
  const isSame = standing?.delivery === listed?.delivery && listed?.text === text;
  if (!isSame || standing?.text !== text) {
    const both = `${JSON.stringify(standing)} and ${JSON.stringify(listed)}`;
    breaches.push({ promise: 'the lists differ', round, detail: `message ${id}: ${both}` });
  }
  return breaches;
}

function checkWritten({ round, account, from, text }: Written, evidence: Evidence): Breach[] {
  const count = evidence.received[account]?.filter((one) => one === text).length ?? 0;
  if (count === 1) return [];
  const promise = count === 0 ? 'incoming lost' : 'incoming doubled';
  return [
    { promise, round, detail: `"${text}" from ${from} to account ${account}: ${count} times` },
  ];
}

function checkStats({ stats }: Evidence, stalls: number): Breach[] {
  const counts: [BreachKind, number, string][] = [
    ['ratchet counter reused', stats.reusedRatchetCounters, ''],
    ['undecryptable', stats.undecryptable, ` (${stats.retriesAskedByPhones} retries asked)`],
    ['sockets overlapped', stalls > 0 ? 0 : stats.overlappingSockets, ''],
    ['error in the simulator', stats.internalErrors, ` ${stats.lastError}`],
  ];
  return counts
    .filter(([, count]) => count > 0)
    .map(([promise, count, more]) => ({ promise, round: null, detail: `${count} times${more}` }));
}
