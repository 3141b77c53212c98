import type { ServiceId } from '../domain/ids.ts';
import type { DueMessage } from '../domain/message.ts';

/** What an account may send now. */
type PacerTurn =
  /** As fast as it goes. */
  | { readonly kind: 'free' }
  /** This one, which was claimed; then ask again. */
  | { readonly kind: 'claimed'; readonly message: DueMessage }
  /** Ask again after this time, or when something changed. Null: only when something changed. */
  | { readonly kind: 'wait'; readonly delayMs: number | null };

/** Whoever decides how fast accounts send. */
export interface Pacer {
  /** One call at a time an account. */
  next(serviceId: ServiceId): Promise<PacerTurn>;
  /**
   * WhatsApp lets the account begin no new chats.
   * @param untilMs until when, milliseconds since 1970, if it told
   */
  restricted(serviceId: ServiceId, untilMs: number | null): Promise<void>;
  /** WhatsApp says that the account sends too fast. */
  tooFast(serviceId: ServiceId): Promise<unknown>;
}

/** Nobody is paced. */
export const UNPACED: Pacer = {
  next: () => Promise.resolve({ kind: 'free' }),
  restricted: () => Promise.resolve(),
  tooFast: () => Promise.resolve(),
};
