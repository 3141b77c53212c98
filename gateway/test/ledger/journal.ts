/** What a paying call asked for; one entry for each name it was called by. */
export interface PaidCall {
  readonly kind: 'create' | 'renew' | 'top-up';
  readonly agent: number;
  /** As sent; null: none, so that each attempt counts for itself. */
  readonly key: string | null;
  /** The service's key; of a `create` what was answered. */
  apiKey: string | null;
  readonly planId: number;
  /** Months of a service, or cents of a top-up. */
  readonly quantity: number;
  /** Answers that said it was done now. */
  done: number;
  /** Answers that said it had been done before. */
  replays: number;
  /** Attempts of which nobody knows. */
  unknown: number;
  /** What a top-up answered. */
  credits: Set<string>;
}

/** What the clients of a campaign know. */
export class Journal {
  readonly calls: PaidCall[] = [];
  /** Transactions whose reversal was answered with success. */
  readonly reversed = new Set<number>();
  /** Services whose removal was answered with success. */
  readonly removed = new Set<string>();
  /** Promises that were seen broken while the campaign ran. */
  readonly breaches: string[] = [];
  readonly counts = new Map<string, number>();

  /** One more of these. */
  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
