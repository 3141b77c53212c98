import type { Mode } from './fair-share.ts';
import type { OwnershipTimes } from './ownership-times.ts';

/** How another worker was found at a beat of this one. */
export interface PeerBeat {
  readonly id: string;
  /** Grows while it lives. */
  readonly beat: number;
  readonly modes: readonly Mode[];
}

/** What is known of other workers, by their ids: their beat, and since when it is that. */
export type Observations = ReadonlyMap<string, { readonly beat: number; readonly sinceMs: number }>;

/** What a look at the other workers tells. */
interface PeersSeen {
  readonly observations: Observations;
  readonly dead: readonly PeerBeat[];
  /** The modes that each living one serves. */
  readonly livingModes: readonly (readonly Mode[])[];
}

/** After so many beats a worker that stands still is not counted on any more. */
const STILL_BEATS = 4;

/**
 * Judges the other workers by whether their beat moves. No clock but this process's own is asked.
 * What happens while it can not look proves nothing about them; but whoever could not look for long,
 * because it slept or the database was away, has entered anew meanwhile and observed nobody yet.
 */
export function observePeers(
  before: Observations,
  peers: readonly PeerBeat[],
  nowMs: number,
  times: OwnershipTimes,
): PeersSeen {
  const observations = new Map<string, { beat: number; sinceMs: number }>();
  const dead: PeerBeat[] = [];
  const livingModes: (readonly Mode[])[] = [];
  for (const peer of peers) {
    const known = before.get(peer.id);
    const sinceMs = known?.beat === peer.beat ? known.sinceMs : nowMs;
    observations.set(peer.id, { beat: peer.beat, sinceMs });
    if (nowMs - sinceMs >= times.deadAfterMs) dead.push(peer);
    if (nowMs - sinceMs < STILL_BEATS * times.beatEveryMs) livingModes.push(peer.modes);
  }
  return { observations, dead, livingModes };
}
