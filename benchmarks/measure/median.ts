/** The middle one; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of one figure over all rounds. */
export function medianOf<Round>(
  rounds: readonly Round[],
  figure: (round: Round) => number,
): number {
  return median(rounds.map(figure));
}

/**
 * The median of the ratios of rounds that ran one right after the other: what slows the machine down
 * for a while slows both.
 */
export function medianRatio<Round>(
  rounds: readonly Round[],
  limits: readonly Round[],
  figure: (round: Round) => number,
): number {
  return median(
    rounds.map((round, index) => {
      const limit = limits[index];
      return limit === undefined ? Number.NaN : figure(round) / figure(limit);
    }),
  );
}
