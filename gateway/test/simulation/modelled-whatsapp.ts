import type { ServiceId, WhatsAppId } from '../../src/domain/ids.ts';
import type { Dice } from '../crash/dice.ts';
import type { Agenda } from './agenda.ts';

/** What a socket's other end is told. */
export interface SocketListener {
  onOpen(): void;
  onAck(whatsAppId: WhatsAppId): void;
  /** Comes again after the next login unless the returned function was called. */
  onReceipt(whatsAppId: WhatsAppId, taken: () => void): void;
  onClosed(reason: 'lost' | 'replaced'): void;
}

/** One socket of an account. */
export interface Socket {
  /** Puts a message on the wire. */
  write(whatsAppId: WhatsAppId): void;
  /** Closed from our side. */
  close(): void;
}

/** What became of a message at WhatsApp. */
interface Arrived {
  copies: number;
  readonly firstAtMs: number;
  readonly firstOrder: number;
}

/** What goes wrong at WhatsApp. */
export interface Weather {
  swallowsAckPercent: number;
  /** A message that is lost on a connection that goes on. */
  losesPercent: number;
  dropsPercent: number;
}

/**
 * WhatsApp as a sender meets it: an account has one socket, a second one replaces the first; a
 * message is acknowledged unless something goes wrong; its receipt waits for a socket; a WhatsApp id
 * is shown once.
 */
export class ModelledWhatsApp {
  readonly arrived = new Map<WhatsAppId, Arrived>();
  /** Those of which a copy was lost: later ones may have arrived before them. */
  readonly lost = new Set<WhatsAppId>();
  readonly weather: Weather = { swallowsAckPercent: 0, losesPercent: 0, dropsPercent: 0 };
  readonly #agenda: Agenda;
  readonly #dice: Dice;
  readonly #sockets = new Map<ServiceId, OpenSocket>();
  readonly #receipts = new Map<ServiceId, Set<WhatsAppId>>();
  #order = 0;

  constructor(agenda: Agenda, dice: Dice) {
    this.#agenda = agenda;
    this.#dice = dice;
  }

  /** Opens a socket; whatever socket the account had is closed. */
  connect(serviceId: ServiceId, listener: SocketListener): Socket {
    this.#sockets.get(serviceId)?.end('replaced');
    const socket = new OpenSocket(this.#agenda, this.#dice, listener);
    this.#sockets.set(serviceId, socket);
    this.#agenda.after(this.#dice.between(50, 600), () => {
      if (!socket.isOpen) return;
      for (const id of this.#receiptsOf(serviceId)) this.#offer(serviceId, socket, id);
      socket.tell(() => listener.onOpen());
    });
    return {
      write: (whatsAppId) => {
        if (socket.isOpen) this.#take(serviceId, socket, whatsAppId);
      },
      close: () => {
        socket.end(null);
      },
    };
  }

  /** The network of an account breaks. */
  drop(serviceId: ServiceId): void {
    this.#sockets.get(serviceId)?.end('lost');
  }

  #take(serviceId: ServiceId, socket: OpenSocket, whatsAppId: WhatsAppId): void {
    if (this.#dice.chance(this.weather.losesPercent)) {
      this.lost.add(whatsAppId);
      return;
    }
    this.#order += 1;
    const known = this.arrived.get(whatsAppId);
    if (known !== undefined) known.copies += 1;
    else {
      const { nowMs } = this.#agenda;
      this.arrived.set(whatsAppId, { copies: 1, firstAtMs: nowMs, firstOrder: this.#order });
      const deliveredInMs = this.#dice.between(20, 8000);
      this.#agenda.after(deliveredInMs, () => this.#receipt(serviceId, whatsAppId));
    }
    if (this.#dice.chance(this.weather.dropsPercent)) socket.end('lost');
    if (this.#dice.chance(this.weather.swallowsAckPercent)) return;
    socket.tell(() => socket.listener.onAck(whatsAppId));
  }

  #receipt(serviceId: ServiceId, whatsAppId: WhatsAppId): void {
    this.#receiptsOf(serviceId).add(whatsAppId);
    const socket = this.#sockets.get(serviceId);
    if (socket?.isOpen === true) this.#offer(serviceId, socket, whatsAppId);
  }

  #offer(serviceId: ServiceId, socket: OpenSocket, whatsAppId: WhatsAppId): void {
    socket.tell(() =>
      socket.listener.onReceipt(whatsAppId, () => this.#receiptsOf(serviceId).delete(whatsAppId)),
    );
  }

  #receiptsOf(serviceId: ServiceId): Set<WhatsAppId> {
    const known = this.#receipts.get(serviceId) ?? new Set();
    this.#receipts.set(serviceId, known);
    return known;
  }
}

/** A socket as WhatsApp has it; what it tells arrives in order. */
class OpenSocket {
  readonly listener: SocketListener;
  isOpen = true;
  readonly #agenda: Agenda;
  readonly #dice: Dice;
  #lastAtMs = 0;

  constructor(agenda: Agenda, dice: Dice, listener: SocketListener) {
    this.#agenda = agenda;
    this.#dice = dice;
    this.listener = listener;
  }

  tell(news: () => void): void {
    const atMs = Math.max(this.#lastAtMs, this.#agenda.nowMs + this.#dice.between(1, 80));
    this.#lastAtMs = atMs;
    this.#agenda.after(atMs - this.#agenda.nowMs, () => {
      if (this.isOpen) news();
    });
  }

  /** @param reason what the other end is told; null: it is the one who closes */
  end(reason: 'lost' | 'replaced' | null): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (reason === null) return;
    this.#agenda.after(this.#dice.between(1, 300), () => this.listener.onClosed(reason));
  }
}
