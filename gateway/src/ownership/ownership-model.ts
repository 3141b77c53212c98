import type { ServiceId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Census, Mode } from './fair-share.ts';
import type { Observations, PeerBeat } from './observe-peers.ts';

/** What a worker knows and holds. `ownership-machine.ts` tells what the phases mean. */
export interface OwnershipModel {
  readonly phase: 'entering' | 'working' | 'leaving' | 'gone';
  /** Which time it entered; answers to what was asked before an earlier one are void. */
  readonly run: number;
  readonly held: ReadonlyMap<ServiceId, Holding>;
  /** When the last beat that succeeded was sent. */
  readonly confirmedAtMs: number;
  readonly usableUntilMs: number;
  readonly isAlone: boolean;
  readonly peers: Observations;
  readonly isBusyBeating: boolean;
  readonly nextBeatAtMs: number;
  readonly isBusyLooking: boolean;
  readonly nextLookAtMs: number;
  /** How many more of each mode it may gain. */
  readonly room: Readonly<Record<Mode, number>>;
  /** Since when something is free although it has its share. */
  readonly unclaimedSinceMs: Readonly<Record<Mode, number | null>>;
  /** Until then it gives nothing away to others. */
  readonly sharesAgainAtMs: number;
}

/** An account that is held. */
export interface Holding {
  readonly lease: Lease;
  readonly mode: Mode;
  /** Its socket is being closed. */
  readonly isEnding: boolean;
  /** Since when it shows codes to link it with. */
  readonly linkingSinceMs: number | null;
}

export type OwnershipEvent =
  | { readonly type: 'time' }
  | { readonly type: 'entered'; readonly run: number; readonly sentAtMs: number }
  | { readonly type: 'not-entered'; readonly run: number }
  | {
      readonly type: 'beaten';
      readonly run: number;
      readonly sentAtMs: number;
      readonly peers: readonly PeerBeat[];
      readonly census: Census | null;
    }
  | { readonly type: 'buried'; readonly run: number }
  | {
      readonly type: 'not-beaten';
      readonly run: number;
      readonly sentAtMs: number;
      readonly isAway: boolean;
    }
  | { readonly type: 'gained'; readonly run: number; readonly gained: readonly Gained[] }
  | { readonly type: 'looked'; readonly foundAll: boolean }
  | { readonly type: 'ended'; readonly lease: Lease }
  /** The account shows codes to link it with, or does not any more. */
  | { readonly type: 'linking'; readonly lease: Lease; readonly isLinking: boolean }
  /** A write was refused, or a lease may have become free. */
  | { readonly type: 'doubt' }
  | { readonly type: 'freed' }
  | { readonly type: 'unwanted'; readonly serviceId: ServiceId }
  | { readonly type: 'leave' };

/** A lease that was gained. */
export interface Gained {
  readonly lease: Lease;
  readonly mode: Mode;
}

export type OwnershipEffect =
  | { readonly type: 'enter'; readonly run: number }
  | { readonly type: 'beat'; readonly run: number }
  | { readonly type: 'look'; readonly run: number; readonly room: Readonly<Record<Mode, number>> }
  | { readonly type: 'take'; readonly gained: Gained }
  | { readonly type: 'end'; readonly lease: Lease }
  | { readonly type: 'drop'; readonly leases: readonly Lease[] }
  | { readonly type: 'release'; readonly leases: readonly Lease[] }
  | { readonly type: 'bury'; readonly peer: PeerBeat }
  | { readonly type: 'depart' };

export interface OwnershipStep {
  readonly model: OwnershipModel;
  readonly effects: readonly OwnershipEffect[];
}

/** A worker that is not one yet, or not any more: it holds and knows nothing. */
export const FRESH: Omit<OwnershipModel, 'phase' | 'run' | 'sharesAgainAtMs'> = {
  held: new Map(),
  confirmedAtMs: -Infinity,
  usableUntilMs: -Infinity,
  isAlone: false,
  peers: new Map(),
  isBusyBeating: false,
  nextBeatAtMs: -Infinity,
  isBusyLooking: false,
  nextLookAtMs: -Infinity,
  room: { test: 0, live: 0 },
  unclaimedSinceMs: { test: null, live: null },
};
