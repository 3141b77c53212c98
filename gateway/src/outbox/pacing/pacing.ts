import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { AccountPace, type PacingParts, type Turn } from './account-pace.ts';
import { afterRestriction, afterTooFast } from './pace.ts';

/** The pacing of all accounts whose sockets this process holds. */
export class Pacing {
  readonly #parts: PacingParts;
  readonly #accounts = new Map<ServiceId, AccountPace>();

  constructor(parts: PacingParts) {
    this.#parts = parts;
  }

  /**
   * What an account may do now; an unpaced one is told so without a query. One call at a time an
   * account.
   */
  next(lease: Lease): Promise<Turn> {
    return this.#accountOf(lease.serviceId).next(lease);
  }

  /** Whether somebody who writes to the account may free a message that is held. */
  mayHold(serviceId: ServiceId): boolean {
    return this.#accounts.get(serviceId)?.isFollowed ?? false;
  }

  /** What was known of an account may be old: its settings changed. */
  forget(serviceId: ServiceId): void {
    this.#accounts.get(serviceId)?.forget();
  }

  /**
   * WhatsApp lets the account begin no new chats (463, or its cap is used up). That message must
   * never be tried again.
   * @param untilMs until when, milliseconds since 1970, if WhatsApp told
   */
  async restricted(lease: Lease, untilMs: number | null = null): Promise<void> {
    await this.#accountOf(lease.serviceId).refused(lease, (pace, settings, nowMs) =>
      afterRestriction(pace, settings, nowMs, untilMs),
    );
  }

  /**
   * WhatsApp says that the account sends too fast (429).
   * @returns after how long the refused message may be tried again; null when the account is
   *   unpaced, so that its sender decides
   */
  async tooFast(lease: Lease): Promise<number | null> {
    const after = await this.#accountOf(lease.serviceId).refused(lease, afterTooFast);
    return after === null ? null : Math.max(0, after.pace.pausedUntilMs - after.nowMs);
  }

  #accountOf(serviceId: ServiceId): AccountPace {
    const existing = this.#accounts.get(serviceId);
    if (existing !== undefined) return existing;
    const account = new AccountPace(serviceId, this.#parts);
    this.#accounts.set(serviceId, account);
    return account;
  }
}
