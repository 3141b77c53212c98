import type { CloseReason } from '../domain/connection-state.ts';
import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import { withoutNumbers, type Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type {
  Account,
  Connection,
  ConnectionListener,
  Connector,
  ServiceMode,
} from './connection.ts';
import {
  IDLE_SESSION,
  stepSession,
  type SessionEffect,
  type SessionEvent,
  type SessionModel,
} from './session-machine.ts';

/** What a session tells the rest: how it stands, and what WhatsApp says. */
export interface SessionListener extends Pick<
  ConnectionListener,
  'onAnswer' | 'onMessage' | 'findSent'
> {
  /** The session stands differently now. */
  onChange(session: Session): void;
  /** Connected and caught up: sending may begin. */
  onOpen(session: Session): void;
  /** The connection is gone. */
  onEnd(session: Session): void;
}

/** What all sessions share. */
export interface SessionParts {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * One service's standing with WhatsApp, as long as this process holds its lease: has at most one
 * connection and carries out what the session machine decides.
 */
export class Session {
  readonly lease: Lease;
  readonly serviceId: ServiceId;
  readonly #mode: ServiceMode;
  readonly #parts: SessionParts;
  readonly #listener: SessionListener;
  #model = IDLE_SESSION;
  #account: Account | null = null;
  /** The connection being opened or open; its number tells late news of an earlier one. */
  #opening: Promise<Connection> | null = null;
  #connectionNumber = 0;
  /** Resolves when every connection that was given up is closed. */
  #closing: Promise<unknown> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;

  constructor(lease: Lease, mode: ServiceMode, parts: SessionParts, listener: SessionListener) {
    this.lease = lease;
    this.serviceId = lease.serviceId;
    this.#mode = mode;
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Who the linked account is, once it was open. */
  get account(): Account | null {
    return this.#account;
  }

  get model(): SessionModel {
    return this.#model;
  }

  /** The open connection, or null. */
  get connection(): Promise<Connection> | null {
    return this.#model.mode === 'open' ? this.#opening : null;
  }

  /** The connection, even while it shows QR codes; null when there is none. */
  get unlinkedConnection(): Promise<Connection> | null {
    return this.#model.mode === 'opening' ? this.#opening : null;
  }

  want(): void {
    this.#step({ type: 'wanted' });
  }

  /** Closes and stays closed. */
  unwant(): void {
    this.#step({ type: 'unwanted' });
  }

  /** Closes for good. Resolves when the socket is closed. */
  async end(): Promise<void> {
    this.unwant();
    await this.#closing;
  }

  /** Drops a connection that no longer works; the next try follows. */
  async reconnect(why: string): Promise<void> {
    const connection = await this.#opening?.catch(() => null);
    this.#parts.log.info({ serviceId: this.serviceId, why }, 'connection dropped by us');
    await connection?.close();
  }

  #step(event: SessionEvent): void {
    const before = this.#model;
    const nowMs = this.#parts.clock.monotonicMs();
    const { model, effects } = stepSession(before, event, nowMs, this.#parts.random.fraction());
    this.#model = model;
    for (const effect of effects) this.#carryOut(effect);
    if (before.mode === 'open' && model.mode !== 'open') this.#listener.onEnd(this);
    const isNews =
      before.state !== model.state || before.qr !== model.qr || before.detail !== model.detail;
    if (isNews) this.#listener.onChange(this);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case 'open':
        this.#open();
        break;
      case 'close':
        this.#cancelTimer();
        this.#abandonConnection();
        break;
      case 'forget-credentials':
        void this.#forgetCredentials();
        break;
      case 'retry-after':
        this.#after(effect.delayMs, { type: 'retry' });
        break;
      case 'last-after':
        this.#after(effect.delayMs, { type: 'lasted' });
        break;
    }
  }

  #open(): void {
    this.#cancelTimer();
    this.#abandonConnection();
    const number = ++this.#connectionNumber;
    const { connector } = this.#parts;
    this.#opening = connector.open(this.lease, this.#mode, this.#listenerOf(number));
    this.#opening.catch((error: unknown) => {
      this.#closed(number, 'unreachable', toError(error).message);
    });
  }

  /** News of a connection that was replaced meanwhile is not news. */
  #listenerOf(number: number): ConnectionListener {
    const { onAnswer, onMessage, findSent } = this.#listener;
    const ifCurrent = (run: () => void): void => {
      if (number === this.#connectionNumber) run();
    };
    return {
      onAnswer,
      onMessage,
      findSent,
      onQr: (qr) => {
        ifCurrent(() => this.#step({ type: 'qr', qr }));
      },
      onLinked: () => {
        ifCurrent(() => this.#step({ type: 'linked' }));
      },
      onOpen: (account) => {
        ifCurrent(() => {
          this.#account = account;
          this.#step({ type: 'opened' });
          this.#listener.onOpen(this);
        });
      },
      onClosed: (reason, detail) => {
        this.#closed(number, reason, detail);
      },
    };
  }

  #closed(number: number, reason: CloseReason, detail: string): void {
    if (number !== this.#connectionNumber) return;
    this.#opening = null;
    const { serviceId } = this;
    // The restart after linking, and a close of our own, are no news.
    const level = reason === 'restart_required' || reason === 'asked' ? 'debug' : 'info';
    this.#parts.log[level](
      { serviceId, reason, detail: withoutNumbers(detail) },
      'connection closed',
    );
    this.#step({ type: 'closed', reason, detail: withoutNumbers(detail) });
  }

  #abandonConnection(): void {
    const abandoned = this.#opening;
    this.#opening = null;
    this.#connectionNumber += 1;
    const closed = abandoned?.then((connection) => connection.close()).catch(() => undefined);
    this.#closing = Promise.all([this.#closing, closed]);
  }

  async #forgetCredentials(): Promise<void> {
    try {
      await this.#parts.connector.forget(this.lease);
    } catch (error) {
      this.#parts.log.error({ err: error, serviceId: this.serviceId }, 'credentials not deleted');
    }
  }

  #after(delayMs: number, event: SessionEvent): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(delayMs, () => this.#step(event));
  }
}
