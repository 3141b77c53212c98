import type { Stanza } from '../wire/stanza.ts';

/** The open connection of a linked device, as the rest of the world sees it. */
export interface DeviceLine {
  readonly phone: string;
  readonly device: number;
  /** False until the device has been sent what waited for it; before that nothing may overtake. */
  readonly isCaughtUp: boolean;
  send(node: Stanza): void;
  /** Sends a stanza that was encoded by `encodeStanza` before. */
  sendEncoded(bytes: Buffer): void;
  /** Says a last word and hangs up. */
  end(lastWord: Stanza): void;
  /** Cuts the line without a word. */
  drop(): void;
  /** Makes the line bad for the rest of its life. */
  impair(impairment: Impairment): void;
}

/** What can be wrong with a line that stands. */
export type Impairment =
  /** Pings are answered; all other stanzas are lost, both ways. */
  | { readonly kind: 'mute' }
  /** The TCP connection stands, and nobody is there any more. */
  | { readonly kind: 'dead' }
  /** Everything takes longer, both ways. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** The line is cut in the frame that goes beyond so many more bytes to the client. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** Who is connected now. A linked device has at most one line. */
export class DeviceLines {
  readonly #lines = new Map<string, DeviceLine>();

  get size(): number {
    return this.#lines.size;
  }

  of(phone: string, device: number): DeviceLine | undefined {
    return this.#lines.get(`${phone}:${device}`);
  }

  /** The lines of one account, or of all. */
  list(phone?: string): DeviceLine[] {
    const lines = [...this.#lines.values()];
    return phone === undefined ? lines : lines.filter((line) => line.phone === phone);
  }

  /** Takes the place of the device's former line, which is given back if it is still open. */
  register(line: DeviceLine): DeviceLine | undefined {
    const former = this.of(line.phone, line.device);
    this.#lines.set(`${line.phone}:${line.device}`, line);
    return former;
  }

  unregister(line: DeviceLine): void {
    if (this.of(line.phone, line.device) === line) {
      this.#lines.delete(`${line.phone}:${line.device}`);
    }
  }
}
