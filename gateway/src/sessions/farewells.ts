import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { LeaseLost } from '../domain/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { recordUnlinking } from '../storage/sessions/unlinking.ts';
import type { Session } from './session.ts';

/** So long it is tried; a phone that stays linked shows a device that never comes back. */
const TRIED_MS_MAX = 30_000;

/** What farewells stand on. */
export interface FarewellParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The account is not needed any more. */
  close(serviceId: ServiceId): Promise<void>;
}

/**
 * Unlinks the accounts of removed services from their phones: over the connection that there is, or
 * over one that is opened for this alone. Nothing else goes over it. When that takes too long it is
 * given up: a phone that can not be told must not keep its data alive here.
 */
export class Farewells {
  readonly #parts: FarewellParts;
  readonly #cancels = new Map<ServiceId, () => void>();

  constructor(parts: FarewellParts) {
    this.#parts = parts;
  }

  /** Whether the account is being unlinked. */
  has(serviceId: ServiceId): boolean {
    return this.#cancels.has(serviceId);
  }

  /** Begins, once; the session may be connected or not. */
  begin(session: Session): void {
    const { serviceId } = session;
    if (this.has(serviceId)) return;
    const giveUp = (): void => {
      this.#parts.log.warn({ serviceId }, 'a removed service could not be unlinked from its phone');
      void this.#end(session);
    };
    this.#cancels.set(serviceId, this.#parts.clock.after(TRIED_MS_MAX, giveUp));
    if (session.connection === null) session.want();
    else this.opened(session);
  }

  /** The session of an account that is being unlinked is connected. */
  opened(session: Session): void {
    void this.#logOut(session);
  }

  async #logOut(session: Session): Promise<void> {
    const { serviceId } = session;
    try {
      await (await session.connection)?.logOut();
      this.#parts.log.info({ serviceId }, 'a removed service was unlinked from its phone');
    } catch (error) {
      const err = toError(error);
      this.#parts.log.warn({ serviceId, err }, 'a removed service was not unlinked');
    }
    await this.#end(session);
  }

  async #end(session: Session): Promise<void> {
    const { lease, serviceId } = session;
    const cancel = this.#cancels.get(serviceId);
    if (cancel === undefined) return;
    cancel();
    try {
      session.unwant();
      await recordUnlinking(this.#parts.database.pool, lease);
      await this.#parts.close(serviceId);
    } catch (error) {
      const err = toError(error);
      if (!(err instanceof LeaseLost)) {
        this.#parts.log.warn({ serviceId, err }, 'a farewell was not written down');
      }
    }
    this.#cancels.delete(serviceId);
  }
}
