/** What one benchmark found: a table, and how its figures stand to the targets. */
export interface BenchmarkResult {
  readonly name: string;
  readonly title: string;
  /** How it was measured, for a reader of the table. */
  readonly method: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly targets: readonly Target[];
  /** Each round's figures, for a closer look. */
  readonly rounds: unknown;
}

/** A promise about a figure. */
export interface Target {
  readonly what: string;
  readonly measured: number;
  /** `at-least` or `at-most` this. */
  readonly bound: 'at-least' | 'at-most';
  readonly limit: number;
}

export function isMet({ measured, bound, limit }: Target): boolean {
  return bound === 'at-least' ? measured >= limit : measured <= limit;
}
