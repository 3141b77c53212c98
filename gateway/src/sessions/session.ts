import type { ConnectionEnd } from '../domain/connection-state.ts';
import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { LeaseLost, type Lease } from '../domain/lease.ts';
import type { SessionEnd } from '../storage/sessions/session-ends.ts';
import type { Clock } from '../runtime/clock.ts';
import { withoutNumbers, type Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type {
  Account,
  Connection,
  ConnectionListener,
  Connector,
  Liveness,
  ServiceMode,
} from './connection.ts';
import type { ConnectGate, Ticket } from './connect-gate.ts';
import { stepSession } from './session-machine.ts';
import {
  IDLE_SESSION,
  type LeftSession,
  type SessionEffect,
  type SessionEvent,
  type SessionModel,
} from './session-model.ts';

const FORGET_AGAIN_MS = 10_000;

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
  readonly gate: ConnectGate;
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
  /** The same connection, once it is there. */
  #connection: Connection | null = null;
  /** Our place in line, or what became of it. */
  #ticket: Ticket | null = null;
  #forgetting: Promise<void> = Promise.resolve();
  readonly #events: SessionEvent[] = [];
  #isStepping = false;
  /** Resolves when every connection that was given up is closed. */
  #closing: Promise<unknown> = Promise.resolve();
  #cancelTimer: () => void = () => undefined;
  #cancelForgetTimer: () => void = () => undefined;

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

  /** How alive the open connection is, or null when there is none. */
  get liveness(): Liveness | null {
    return this.#model.mode === 'open' ? (this.#connection?.liveness() ?? null) : null;
  }

  /** Somebody asks for a connection. */
  want(): void {
    this.#step({ type: 'wanted' });
  }

  /** Comes back in this process as it was left by another, or by an earlier life of this one. */
  restore(left: LeftSession): void {
    this.#step({ type: 'restored', ...left });
  }

  /** Resolves when no credentials wait to be deleted any more. */
  get forgotten(): Promise<void> {
    return this.#forgetting;
  }

  /** What a refusal of WhatsApp demands of whoever holds this session next. */
  get demands(): SessionEnd {
    const nowMs = this.#parts.clock.monotonicMs();
    const { notBeforeMs, forgetAtMs } = this.#model;
    return {
      notBeforeInMs: notBeforeMs === null ? null : notBeforeMs - nowMs,
      forgetInMs: forgetAtMs === null ? null : forgetAtMs - nowMs,
    };
  }

  /** Closes and stays closed. */
  unwant(): void {
    this.#step({ type: 'unwanted' });
  }

  /** Closes for good. Resolves when the socket is closed. */
  async end(): Promise<void> {
    this.unwant();
    this.#cancelForgetTimer();
    await this.#closing;
  }

  /** Drops a connection that no longer works; the next try follows. */
  async reconnect(why: string): Promise<void> {
    const connection = await this.#opening?.catch(() => null);
    this.#parts.log.info({ serviceId: this.serviceId, why }, 'connection dropped by us');
    await connection?.close();
  }

  /** An event that comes while another one is carried out waits for its turn. */
  #step(event: SessionEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#stepOnce(next);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #stepOnce(event: SessionEvent): void {
    const before = this.#model;
    const nowMs = this.#parts.clock.monotonicMs();
    const { model, effects } = stepSession(before, event, nowMs, this.#parts.random.fraction());
    this.#model = model;
    for (const effect of effects) this.#carryOut(effect);
    if (before.mode === 'open' && model.mode !== 'open') this.#listener.onEnd(this);
    const isNews =
      before.state !== model.state ||
      before.qr !== model.qr ||
      before.detail !== model.detail ||
      before.notBeforeMs !== model.notBeforeMs ||
      before.forgetAtMs !== model.forgetAtMs;
    if (isNews) this.#listener.onChange(this);
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case 'ask-turn':
        this.#askTurn(effect.isFirst);
        break;
      case 'open':
        this.#open();
        break;
      case 'close':
        this.#cancelTimer();
        this.#leaveLine();
        this.#abandonConnection();
        break;
      case 'forget-credentials':
        this.#forgetting = this.#forgetting.then(() => this.#forgetCredentials());
        break;
      case 'retry-after':
        this.#after(effect.delayMs, { type: 'retry' });
        break;
      case 'last-after':
        this.#after(effect.delayMs, { type: 'lasted' });
        break;
      case 'forget-after':
        this.#cancelForgetTimer();
        this.#cancelForgetTimer = this.#parts.clock.after(effect.delayMs, () => {
          this.#step({ type: 'forget-due' });
        });
        break;
    }
  }

  #askTurn(isFirst: boolean): void {
    this.#cancelTimer();
    this.#leaveLine();
    this.#ticket = this.#parts.gate.apply(this.#mode, {
      isFirst,
      onTurn: () => {
        this.#step({ type: 'turn' });
      },
      onHeld: () => {
        this.#step({ type: 'held' });
      },
    });
  }

  #leaveLine(): void {
    this.#ticket?.end();
    this.#ticket = null;
  }

  #open(): void {
    this.#abandonConnection();
    const number = ++this.#connectionNumber;
    const { connector } = this.#parts;
    // What is about to be deleted must not be used for one more login.
    this.#opening = this.#forgetting.then(() =>
      connector.open(this.lease, this.#mode, this.#listenerOf(number)),
    );
    const kept = this.#opening.then((connection) => {
      if (number === this.#connectionNumber) this.#connection = connection;
    });
    kept.catch((error: unknown) => {
      this.#closed(number, { reason: 'unreachable', detail: toError(error).message });
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
        ifCurrent(() => {
          this.#ticket?.accepted();
          this.#step({ type: 'qr', qr });
        });
      },
      onLinked: () => {
        ifCurrent(() => this.#step({ type: 'linked' }));
      },
      onOpen: (account) => {
        ifCurrent(() => {
          this.#account = account;
          this.#ticket?.accepted();
          this.#step({ type: 'opened' });
          this.#listener.onOpen(this);
        });
      },
      onClosed: (end) => {
        this.#closed(number, end);
      },
    };
  }

  #closed(number: number, end: ConnectionEnd): void {
    if (number !== this.#connectionNumber) return;
    this.#opening = null;
    this.#connection = null;
    const { serviceId } = this;
    const { reason } = end;
    const detail = withoutNumbers(end.detail);
    // The restart after linking, and a close of our own, are no news.
    const level = reason === 'restart_required' || reason === 'asked' ? 'debug' : 'info';
    this.#parts.log[level]({ serviceId, reason, detail }, 'connection closed');
    if (reason === 'outdated') this.#ticket?.outdated();
    this.#leaveLine();
    this.#step({ type: 'closed', end: { ...end, detail } });
  }

  #abandonConnection(): void {
    const abandoned = this.#opening;
    this.#opening = null;
    this.#connection = null;
    this.#connectionNumber += 1;
    const closed = abandoned?.then((connection) => connection.close()).catch(() => undefined);
    this.#closing = Promise.all([this.#closing, closed]);
  }

  async #forgetCredentials(): Promise<void> {
    try {
      await this.#parts.connector.forget(this.lease);
    } catch (error) {
      // The next owner finds in the row that they have to be.
      if (error instanceof LeaseLost) return;
      this.#parts.log.error({ err: error, serviceId: this.serviceId }, 'credentials not deleted');
      this.#parts.clock.after(FORGET_AGAIN_MS, () => {
        this.#forgetting = this.#forgetCredentials();
      });
    }
  }

  #after(delayMs: number, event: SessionEvent): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#parts.clock.after(delayMs, () => this.#step(event));
  }
}
