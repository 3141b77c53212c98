import type { Addressing } from '../accounts/address.ts';
import type { Settings } from '../world/settings.ts';

/** How the world reacts to a message. `null` means never. */
export interface Reactions {
  /** From the arrival of a message to the server's ack. */
  readonly ackDelayMs: number | null;
  /** From the arrival of a message to the recipient's delivery receipt. */
  readonly deliverAfterMs: number | null;
  /** From the arrival of a message to the recipient's read receipt; never before delivery is due. */
  readonly readAfterMs: number | null;
  /** Under which of its names a phone writes to linked devices. */
  readonly addressingMode: Addressing;
}

/** The reactions of all, and what single phones do otherwise. */
export interface BehaviourSettings extends Partial<Reactions> {
  readonly phones?: Readonly<Record<string, Partial<Reactions>>>;
}

const DEFAULTS: Reactions = {
  ackDelayMs: 0,
  deliverAfterMs: 50,
  readAfterMs: 200,
  addressingMode: 'pn',
};

/** How long a phone thinks before it asks for a message again that it could not decrypt. */
export const RETRY_AFTER_MS = 50;

export class Behaviour {
  readonly #settings: Settings;
  #current: BehaviourSettings;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#current = (settings.get('behaviour') as BehaviourSettings | undefined) ?? {};
  }

  /** What holds for one phone: its own setting, else the world's, else the default. */
  of(phone: string): Reactions {
    return { ...DEFAULTS, ...this.#world(), ...this.#current.phones?.[phone] };
  }

  read(): Reactions & { phones: Readonly<Record<string, Partial<Reactions>>> } {
    return { ...DEFAULTS, ...this.#world(), phones: this.#current.phones ?? {} };
  }

  /** Replaces everything; what is left out is the default again. */
  replace(next: BehaviourSettings): void {
    this.#current = next;
    this.#settings.set('behaviour', next);
  }

  reset(): void {
    this.#current = {};
  }

  #world(): Partial<Reactions> {
    const { phones: _phones, ...world } = this.#current;
    return world;
  }
}

/** The delays of the receipts of one message; a phone that gets nothing reads nothing either. */
export function receiptDelays(reactions: Reactions): {
  deliverMs: number | null;
  readMs: number | null;
} {
  const { deliverAfterMs, readAfterMs } = reactions;
  if (deliverAfterMs === null) return { deliverMs: null, readMs: null };
  return { deliverMs: deliverAfterMs, readMs: readAfterMs };
}
