/** What a service talks to. */
export type Mode = 'test' | 'live';

/** How many accounts of each mode should be connected, and how many of them somebody holds. */
export type Census = readonly {
  readonly mode: Mode;
  readonly wanted: number;
  readonly held: number;
}[];

/** What this worker lacks of its share or has beyond it, and what nobody holds. */
interface Share {
  readonly missing: number;
  readonly excess: number;
  readonly free: number;
}

/**
 * The share of a worker: an equal part, rounded up, of the accounts of a mode among those workers
 * that serve it.
 * @param mineCount how many of that mode this one holds
 * @param othersModes the modes that each other worker serves
 */
export function shareOut(
  mode: Mode,
  mineCount: number,
  othersModes: readonly (readonly Mode[])[],
  census: Census | null,
): Share {
  const counts = census?.find((entry) => entry.mode === mode) ?? { wanted: 0, held: 0 };
  const workers = 1 + othersModes.filter((modes) => modes.includes(mode)).length;
  const share = Math.ceil(counts.wanted / workers);
  return {
    missing: Math.max(0, share - mineCount),
    excess: Math.max(0, mineCount - share),
    free: Math.max(0, counts.wanted - counts.held),
  };
}
