import { Problem } from '../../src/domain/errors.ts';
import type { ServiceId } from '../../src/domain/ids.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import type { Group } from '../../src/sessions/connection.ts';
import type { SessionControl } from '../../src/sessions/session-control.ts';
import type { Database } from '../../src/storage/database.ts';
import { leaseOf } from './stored-service.ts';
import { recordSession, setSessionWanted } from '../../src/storage/sessions/session-rows.ts';

/** A QR string in WhatsApp's form. */
export const EXAMPLE_QR =
  '2@QZ0LfvTvQwBIH4U/7hCRCh5QBBL83Q==,mzikgZmC1PKxYX=,KJYkd+GszBVkm=,aj/AHg4Q5Oz=,1';
const EXAMPLE_PAIR_CODE = 'D2Z8-9ZRY';

/**
 * Sessions held by hand, for tests of the HTTP edge alone: nothing connects by itself, a test says
 * what WhatsApp would have done.
 */
export class HeldSessions implements SessionControl {
  /** What was asked for, in order: `connect 1`, `disconnect 1`, ... */
  readonly asked: string[] = [];
  /** Numbers that WhatsApp does not know. */
  readonly unregistered = new Set<string>();
  /** The groups every linked account is a member of. */
  readonly groups: Group[] = [];
  readonly #database: Database;
  readonly #linked = new Set<ServiceId>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** The account was linked and is connected, under its first lease unless told otherwise. */
  async link(serviceId: ServiceId, phone: string, lease = leaseOf(serviceId)): Promise<void> {
    this.#linked.add(serviceId);
    const account = { phone, lid: null, name: 'Ann' };
    await recordSession(this.#database.pool, lease, {
      state: 'connected',
      detail: null,
      qr: null,
      account,
    });
  }

  async connect(serviceId: ServiceId): Promise<void> {
    this.asked.push(`connect ${serviceId}`);
    await setSessionWanted(this.#database, serviceId, true);
  }

  async disconnect(serviceId: ServiceId): Promise<void> {
    this.asked.push(`disconnect ${serviceId}`);
    await setSessionWanted(this.#database, serviceId, false);
    const news = { state: 'disconnected', detail: null, qr: null } as const;
    await recordSession(this.#database.pool, leaseOf(serviceId), news);
  }

  standingChanged(serviceId: ServiceId): Promise<void> {
    this.asked.push(`look at ${serviceId}`);
    return Promise.resolve();
  }

  currentQr(serviceId: ServiceId): Promise<string | null> {
    return Promise.resolve(this.#linked.has(serviceId) ? null : EXAMPLE_QR);
  }

  async requestPairCode(serviceId: ServiceId, phone: PhoneNumber): Promise<string> {
    await Promise.resolve();
    if (this.#linked.has(serviceId)) throw new Problem('wrong_state');
    this.asked.push(`pair ${serviceId} with ${phone}`);
    return EXAMPLE_PAIR_CODE;
  }

  async lookUp(serviceId: ServiceId, phone: PhoneNumber): Promise<boolean> {
    await Promise.resolve();
    if (!this.#linked.has(serviceId)) throw new Problem('not_connected');
    return !this.unregistered.has(phone);
  }

  async listGroups(serviceId: ServiceId): Promise<Group[]> {
    await Promise.resolve();
    if (!this.#linked.has(serviceId)) throw new Problem('not_connected');
    return this.groups;
  }

  waitUntilConnected(serviceId: ServiceId): Promise<boolean> {
    return Promise.resolve(this.#linked.has(serviceId));
  }
}
