import { LeaseLost, type Lease } from '../../src/domain/lease.ts';
import type { WhatsAppId } from '../../src/domain/ids.ts';
import { stepSender } from '../../src/outbox/sender-machine.ts';
import {
  NEW_SENDER,
  type Outgoing,
  type SenderEffect,
  type SenderEvent,
} from '../../src/outbox/sender-state.ts';
import { stepSession } from '../../src/sessions/session-machine.ts';
import {
  IDLE_SESSION,
  type SessionEffect,
  type SessionEvent,
} from '../../src/sessions/session-model.ts';
import type { ModelledDatabase } from './modelled-database.ts';
import type { Socket } from './modelled-whatsapp.ts';
import type { Surroundings } from './surroundings.ts';

const WRITE_AGAIN_MS = 250;
/** How long an account waits for its turn to open a socket. */
const TURN_MS = 20;

/** The process of an account, as the account knows it. */
export interface AccountHost {
  readonly world: Surroundings;
  /** Has accounts with a prime suspect go one after the other. */
  readonly suspects: {
    enter(account: SimulatedAccount, begin: () => void): void;
    leave(account: SimulatedAccount): void;
  };
  mayOpen(lease: Lease): boolean;
  mayUse(lease: Lease): boolean;
  hear(run: () => void): void;
  after(delayMs: number, run: () => void): void;
  ask<Result>(
    statement: (database: ModelledDatabase) => Result,
    onAnswer: (result: Result) => void,
    onFailure: (error: Error) => void,
  ): void;
  /** A write was refused. */
  doubt(): void;
  die(): void;
}

/**
 * An account in a process that owns it: the session machine and the sender machine, and in a few
 * lines what their drivers do.
 */
export class SimulatedAccount {
  readonly lease: Lease;
  readonly #process: AccountHost;
  #session = IDLE_SESSION;
  #sender = NEW_SENDER;
  #socket: Socket | null = null;
  #connectionNumber = 0;
  #sessionTimer = 0;
  #isDropped = false;
  readonly #alarms = new Map<string, { atMs: number; number: number }>();
  /** The sender's writes are one after the other. */
  readonly #writes: (() => void)[] = [];
  #answersUnderWay = 0;
  /** Frames that wait for their commit. */
  readonly #gate: { whatsAppId: WhatsAppId; connection: number; isDurable: boolean }[] = [];

  constructor(process: AccountHost, lease: Lease) {
    this.#process = process;
    this.lease = lease;
  }

  /** Something may be due. */
  wake(): void {
    this.#step({ type: 'woken' });
  }

  want(): void {
    this.#stepSession({ type: 'wanted' });
  }

  /** Closes its socket; what was not answered is the next owner's. */
  end(): void {
    this.#step({ type: 'stopped' });
    this.drop();
  }

  /** Nothing about the account happens here any more. */
  drop(): void {
    if (this.#isDropped) return;
    this.#stepSession({ type: 'unwanted' });
    this.#process.suspects.leave(this);
    this.#isDropped = true;
  }

  #stepSession(event: SessionEvent): void {
    if (this.#isDropped) return;
    const { world } = this.#process;
    const before = this.#session.mode;
    const { model, effects } = stepSession(
      this.#session,
      event,
      world.agenda.nowMs,
      world.dice.fraction(),
    );
    this.#session = model;
    for (const effect of effects) this.#carryOutForSession(effect);
    if (before === 'open' && model.mode !== 'open') this.#step({ type: 'disconnected' });
  }

  #carryOutForSession(effect: SessionEffect): void {
    switch (effect.type) {
      case 'ask-turn':
        this.#afterForSession(TURN_MS, { type: 'turn' });
        break;
      case 'open':
        this.#open();
        break;
      case 'close':
        this.#sessionTimer += 1;
        this.#closeSocket();
        break;
      case 'retry-after':
        this.#afterForSession(effect.delayMs, { type: 'retry' });
        break;
      case 'last-after':
        this.#afterForSession(effect.delayMs, { type: 'lasted' });
        break;
      case 'forget-after':
      case 'forget-credentials':
        throw new Error('nobody has unlinked or refused this device');
    }
  }

  #afterForSession(delayMs: number, event: SessionEvent): void {
    const number = ++this.#sessionTimer;
    this.#process.after(delayMs, () => {
      if (number === this.#sessionTimer) this.#stepSession(event);
    });
  }

  #closeSocket(): void {
    this.#connectionNumber += 1;
    this.#socket?.close();
    this.#socket = null;
  }

  #open(): void {
    this.#sessionTimer += 1;
    this.#closeSocket();
    const number = this.#connectionNumber;
    const { world } = this.#process;
    if (!this.#process.mayOpen(this.lease)) {
      this.#process.after(100, () => this.#closed(number));
      return;
    }
    world.noteLogin(this.#process, this.lease);
    const isCurrent = (): boolean => number === this.#connectionNumber && !this.#isDropped;
    const hear = (news: () => void): void => {
      this.#process.hear(() => {
        if (isCurrent()) news();
      });
    };
    this.#socket = world.whatsApp.connect(this.lease.serviceId, {
      onOpen: () =>
        hear(() => {
          this.#stepSession({ type: 'opened' });
          this.#step({ type: 'connected', connection: number });
        }),
      onAck: (id) => hear(() => this.#record(id, 'server', () => undefined)),
      onReceipt: (id, taken) => hear(() => this.#record(id, 'phone', taken)),
      onClosed: () => hear(() => this.#closed(number)),
    });
  }

  #closed(number: number): void {
    if (number !== this.#connectionNumber) return;
    this.#closeSocket();
    this.#stepSession({ type: 'closed', end: { reason: 'lost', detail: '' } });
  }

  /** An answer is a row first, and news for the sender then. */
  #record(whatsAppId: WhatsAppId, tick: 'server' | 'phone', taken: () => void): void {
    this.#answersUnderWay += 1;
    this.#untilWritten(
      (database) => database.answer(this.lease, whatsAppId, { type: 'ticked', tick }),
      () => {
        this.#answersUnderWay -= 1;
        taken();
        this.#step({ type: 'answered', whatsAppId });
      },
    );
  }

  #step(event: SenderEvent): void {
    if (this.#isDropped) return;
    const { agenda, dice } = this.#process.world;
    const { state, effects } = stepSender(this.#sender, event, agenda.nowMs, dice.fraction());
    this.#sender = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: SenderEffect): void {
    const { lease } = this;
    switch (effect.type) {
      case 'claim-doubts':
        this.#whenAnswersAreWritten(() => {
          this.#ask((database) => ({
            type: 'doubts-claimed',
            ...database.claimDoubts(lease, effect.except),
          }));
        });
        break;
      case 'claim-due':
        this.#ask((database) => {
          const messages = database.claimDue(lease, effect.places);
          const isAll = messages.length < effect.places.count;
          return { type: 'due-claimed', messages, isAll, againInMs: null };
        });
        break;
      case 'look-ahead':
        this.#ask((database) => ({ type: 'looked-ahead', waitMs: database.nextDueInMs(lease) }));
        break;
      case 'hand-over':
        this.#handOver(effect.outgoing, effect.connection);
        break;
      case 'return':
        this.#write((database) => {
          for (const id of effect.ids) database.change(lease, id, { type: 'returned' });
        });
        break;
      case 'postpone': {
        const event = { type: 'postponed', delayMs: effect.delayMs } as const;
        this.#write((database) => database.change(lease, effect.id, event));
        break;
      }
      case 'fail': {
        const event = { type: 'given-up', reason: effect.reason } as const;
        this.#write((database) => database.change(lease, effect.id, event));
        break;
      }
      case 'clear':
        this.#write((database) => database.change(lease, effect.id, { type: 'survived' }));
        break;
      case 'claim-suspect':
        this.#ask((database) => {
          const message = database.claimPrimeSuspect(lease, effect.except);
          return { type: 'suspect-claimed', message };
        });
        break;
      case 'request-suspect-turn':
        this.#process.suspects.enter(this, () => this.#step({ type: 'suspect-turn' }));
        break;
      case 'end-suspect-turn':
        this.#process.suspects.leave(this);
        break;
      case 'reconnect':
        this.#closed(this.#connectionNumber);
        break;
      case 'remind':
        this.#remind(effect.of, effect.delayMs);
        break;
      default:
    }
  }

  #remind(of: Extract<SenderEffect, { type: 'remind' }>['of'], delayMs: number): void {
    const { nowMs } = this.#process.world.agenda;
    const known = this.#alarms.get(of);
    if (known !== undefined && known.atMs <= nowMs + delayMs) return;
    const number = (known?.number ?? 0) + 1;
    this.#alarms.set(of, { atMs: nowMs + delayMs, number });
    this.#process.after(delayMs, () => {
      if (this.#alarms.get(of)?.number !== number) return;
      this.#alarms.set(of, { atMs: Infinity, number });
      this.#step({ type: 'reminded', of });
    });
  }

  #handOver(outgoing: Outgoing, connection: number): void {
    const { whatsAppId } = outgoing.message;
    const { world } = this.#process;
    const end = (outcome: Extract<SenderEvent, { type: 'hand-over-ended' }>['outcome']): void => {
      this.#step({ type: 'hand-over-ended', whatsAppId, connection, outcome });
    };
    this.#process.after(world.dice.between(0, 5), () => {
      if (connection !== this.#connectionNumber) {
        end({ type: 'gone', isCertain: true });
        return;
      }
      this.#step({ type: 'begun', whatsAppId, connection });
      if (world.isPoisonous(whatsAppId)) {
        this.#process.die();
        return;
      }
      // The ratchet's step is committed, under the lease, before the frame leaves; frames keep their
      // order.
      const frame = { whatsAppId, connection, isDurable: false };
      this.#gate.push(frame);
      this.#untilWritten(
        (database) => database.assertHeld(this.lease),
        () => {
          frame.isDurable = true;
          this.#passGate();
        },
      );
      end({ type: 'handed-over' });
    });
  }

  #passGate(): void {
    for (;;) {
      const [frame] = this.#gate;
      if (frame === undefined || !frame.isDurable) return;
      this.#gate.shift();
      const { whatsAppId, connection } = frame;
      if (connection !== this.#connectionNumber || !this.#process.mayUse(this.lease)) continue;
      this.#process.world.noteFrame(this.lease, whatsAppId);
      this.#socket?.write(whatsAppId);
      this.#step({ type: 'left', whatsAppId, connection });
    }
  }

  #whenAnswersAreWritten(run: () => void): void {
    if (this.#answersUnderWay === 0 || this.#isDropped) run();
    else this.#process.after(5, () => this.#whenAnswersAreWritten(run));
  }

  #ask(question: (database: ModelledDatabase) => SenderEvent): void {
    this.#process.ask(
      question,
      (answer) => this.#step(answer),
      (error) => {
        this.#noteFailure(error);
        this.#step({ type: 'question-failed' });
      },
    );
  }

  /** One after the other, each again until the database answers. */
  #write(work: (database: ModelledDatabase) => void): void {
    const next = (): void => {
      this.#writes.shift();
      this.#writes[0]?.();
    };
    const begin = (): void => {
      this.#untilWritten(
        work,
        () => {
          this.#step({ type: 'written' });
          next();
        },
        () => {
          this.#step({ type: 'write-failed' });
          next();
        },
      );
    };
    if (this.#writes.push(begin) === 1) begin();
  }

  #untilWritten(
    work: (database: ModelledDatabase) => void,
    onWritten: () => void,
    onRefused: () => void = () => undefined,
  ): void {
    if (this.#isDropped) return;
    this.#process.ask(work, onWritten, (error) => {
      this.#noteFailure(error);
      if (error instanceof LeaseLost) onRefused();
      else
        this.#process.after(WRITE_AGAIN_MS, () => this.#untilWritten(work, onWritten, onRefused));
    });
  }

  #noteFailure(error: Error): void {
    if (error instanceof LeaseLost) this.#process.doubt();
  }
}
