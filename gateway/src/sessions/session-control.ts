import type { ServiceId } from '../domain/ids.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { Group } from './connection.ts';

/** What other parts may ask of the sessions. How a service stands is read from its row. */
export interface SessionControl {
  /**
   * Wants a connection for a service from now on, across restarts, and starts it. An unlinked
   * service begins to show QR codes. Returns at once; calling it again is harmless.
   */
  connect(serviceId: ServiceId): Promise<void>;
  /** Closes the service's connection and keeps it closed; the credentials stay. */
  disconnect(serviceId: ServiceId): Promise<void>;
  /**
   * The service was suspended, removed, or may be used again: its account is disconnected, or
   * connected if it is wanted. What is wanted stays as it was.
   */
  standingChanged(serviceId: ServiceId): Promise<void>;
  /**
   * The QR code to scan now, or null when the service is linked already. Starts linking where
   * needed and waits a few seconds for the first code.
   * @throws Problem `not_ready` when WhatsApp can not be reached
   */
  currentQr(serviceId: ServiceId): Promise<string | null>;
  /**
   * A pairing code (`ABCD-1234`) for this number. Starts linking where needed.
   * @throws Problem `wrong_state` when linked already, `not_ready` when WhatsApp can not be reached
   */
  requestPairCode(serviceId: ServiceId, phone: PhoneNumber): Promise<string>;
  /**
   * Whether a number is on WhatsApp, asked through the service's account, or remembered.
   * @throws Problem `not_connected`
   */
  lookUp(serviceId: ServiceId, phone: PhoneNumber): Promise<boolean>;
  /**
   * The groups the service's account is a member of.
   * @throws Problem `not_connected`
   */
  listGroups(serviceId: ServiceId): Promise<Group[]>;
  /** Waits until the service's account is connected; resolves false when that takes too long. */
  waitUntilConnected(serviceId: ServiceId, timeoutMs: number): Promise<boolean>;
}
