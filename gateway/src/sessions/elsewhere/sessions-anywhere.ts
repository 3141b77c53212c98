import type { ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { Group } from '../connection.ts';
import type { SessionControl } from '../session-control.ts';
import type { SessionsElsewhere } from './sessions-elsewhere.ts';

/** All sessions: those of this process directly, all others through the database. */
export class SessionsAnywhere implements SessionControl {
  readonly #here: SessionControl;
  readonly #isHere: (serviceId: ServiceId) => boolean;
  readonly #elsewhere: SessionsElsewhere;

  /**
   * @param here the sessions of this process's own accounts
   * @param isHere whether an account is this process's own now
   */
  constructor(
    here: SessionControl,
    isHere: (serviceId: ServiceId) => boolean,
    elsewhere: SessionsElsewhere,
  ) {
    this.#here = here;
    this.#isHere = isHere;
    this.#elsewhere = elsewhere;
  }

  /** An account that nobody holds becomes this process's own. */
  async connect(serviceId: ServiceId): Promise<void> {
    await this.#here.connect(serviceId);
    if (!this.#isHere(serviceId)) await this.#elsewhere.connect(serviceId);
  }

  disconnect(serviceId: ServiceId): Promise<void> {
    return this.#of(serviceId).disconnect(serviceId);
  }

  standingChanged(serviceId: ServiceId): Promise<void> {
    return this.#of(serviceId).standingChanged(serviceId);
  }

  async currentQr(serviceId: ServiceId): Promise<string | null> {
    await this.connect(serviceId);
    return await this.#of(serviceId).currentQr(serviceId);
  }

  async requestPairCode(serviceId: ServiceId, phone: PhoneNumber): Promise<string> {
    await this.connect(serviceId);
    return await this.#of(serviceId).requestPairCode(serviceId, phone);
  }

  lookUp(serviceId: ServiceId, phone: PhoneNumber): Promise<boolean> {
    return this.#of(serviceId).lookUp(serviceId, phone);
  }

  listGroups(serviceId: ServiceId): Promise<Group[]> {
    return this.#of(serviceId).listGroups(serviceId);
  }

  waitUntilConnected(serviceId: ServiceId, timeoutMs: number): Promise<boolean> {
    return this.#of(serviceId).waitUntilConnected(serviceId, timeoutMs);
  }

  #of(serviceId: ServiceId): SessionControl {
    return this.#isHere(serviceId) ? this.#here : this.#elsewhere;
  }
}
