import type { Arrival } from './recording-sink.ts';

/** An event that was kept. */
export interface KeptEvent {
  readonly webhookId: string;
  readonly message: string;
  readonly tick: number;
}

/** What became of the events. */
export interface Verdict {
  /** Never answered with 200. */
  readonly lost: readonly string[];
  /** An earlier state of a message that came after a later one. */
  readonly inversions: readonly string[];
  /** A state that came again under another id, or something nobody has kept. */
  readonly strangers: readonly string[];
  /** Came again under the same id, as it may. */
  readonly repeats: number;
}

/** Compares what was kept with what has come. */
export function compare(kept: readonly KeptEvent[], arrivals: readonly Arrival[]): Verdict {
  const known = new Map(kept.map((event) => [event.webhookId, event]));
  const taken = new Set(arrivals.filter(({ isTaken }) => isTaken).map((it) => it.webhookId));
  const latest = new Map<string, number>();
  const inversions: string[] = [];
  const strangers: string[] = [];
  const seen = new Set<string>();
  for (const { webhookId, message, tick } of arrivals) {
    const event = known.get(webhookId);
    if (event?.message !== message || event.tick !== tick) strangers.push(webhookId);
    const before = latest.get(message) ?? 0;
    if (tick < before) inversions.push(`${message}: ${tick} after ${before}`);
    latest.set(message, Math.max(before, tick));
    seen.add(webhookId);
  }
  return {
    lost: kept.filter(({ webhookId }) => !taken.has(webhookId)).map(({ webhookId }) => webhookId),
    inversions,
    strangers,
    repeats: arrivals.length - seen.size,
  };
}

/** True when every promise was kept. */
export function isGood({ lost, inversions, strangers }: Verdict): boolean {
  return lost.length + inversions.length + strangers.length === 0;
}
