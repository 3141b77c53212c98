/** How long things take, in milliseconds of the monotonic clock. */
export interface OwnershipTimes {
  /** A worker beats this often. */
  readonly beatEveryMs: number;
  /** What a worker holds may be used for so long after the last beat that succeeded was sent. */
  readonly usableMs: number;
  /** A worker whose beat stood still for so long, before the eyes of another, is dead. */
  readonly deadAfterMs: number;
  /** A worker looks for free leases this often. */
  readonly lookEveryMs: number;
  /** And so soon again while it finds more than it takes at once. */
  readonly lookAgainMs: number;
}

/** The longest time for which a worker that is alone keeps its sockets while the database is away. */
export const ALONE_MS_MAX = 600_000;

/**
 * @param leaseMs after how long without a sign of life a worker's accounts are others'; 30 seconds,
 *   shorter in tests only. What it holds is given up by itself after two thirds of that
 */
export function timesOf(leaseMs: number): OwnershipTimes {
  return {
    beatEveryMs: leaseMs / 10,
    usableMs: (leaseMs * 2) / 3,
    deadAfterMs: leaseMs,
    lookEveryMs: 2000,
    lookAgainMs: 1000,
  };
}
