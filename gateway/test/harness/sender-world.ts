import assert from 'node:assert/strict';
import {
  messageId,
  serviceId,
  whatsAppId,
  type MessageId,
  type WhatsAppId,
} from '../../src/domain/ids.ts';
import { stepMessage, type MessageEvent, type MessageLife } from '../../src/domain/message-life.ts';
import type { DueMessage, MessageInDoubt } from '../../src/domain/message.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import { stepSender } from '../../src/outbox/sender-machine.ts';
import {
  isIdle,
  NEW_SENDER,
  underWay,
  type Outgoing,
  type Reminder,
  type SenderEffect,
  type SenderEvent,
  type SenderState,
} from '../../src/outbox/sender-state.ts';

/** What may go wrong in a world, each as a chance from 0 to 1 at each occasion. */
export interface Misfortunes {
  /** Away, so that writes are repeated. */
  readonly databaseFails: number;
  /** A write fails for good. */
  readonly writeFails: number;
  readonly answerLost: number;
  readonly handOverRefused: number;
}

export const FORTUNE: Misfortunes = {
  databaseFails: 0,
  writeFails: 0,
  answerLost: 0,
  handOverRefused: 0,
};

interface Row {
  readonly message: DueMessage;
  readonly isUrgent: boolean;
  readonly position: number;
  life: MessageLife;
  claimEpoch: number;
  claimedPosition: number;
  /** It was a prime suspect, so that others of its chat went before it. */
  wasHeldBack: boolean;
}

interface Pending {
  readonly atMs: number;
  readonly epoch: number;
  readonly run: () => void;
}

/**
 * One account's rows, its sender and a WhatsApp, without any I/O: everything that takes time is a
 * pending event, and chance decides which comes next. Rows live by `domain/message-life.ts`.
 */
export class SenderWorld {
  readonly rows: Row[] = [];
  /** Ids in the order in which the phones saw them first. */
  readonly shown: WhatsAppId[] = [];
  /** Messages that kill the process when they are handed over. */
  readonly poison = new Set<WhatsAppId>();
  /** How often each was handed over. */
  readonly handOvers = new Map<WhatsAppId, number>();
  reconnects = 0;
  crashes = 0;
  misfortunes: Misfortunes = FORTUNE;
  nowMs = 0;
  #state: SenderState = NEW_SENDER;
  #epoch = 1;
  #connection = 0;
  #pending: Pending[] = [];
  #reminders = new Map<Reminder, number>();
  #handing = new Set<string>();
  #writes: { readonly ids: readonly MessageId[]; readonly event: MessageEvent }[] = [];
  #claims = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  get isConnected(): boolean {
    return this.#state.connection !== null;
  }

  get isQuiet(): boolean {
    return this.#pending.length === 0 && isIdle(this.#state);
  }

  accept(chat: string, order: { isMedia?: boolean; isUrgent?: boolean; inMs?: number } = {}): void {
    const { isMedia = false, isUrgent = false, inMs = 0 } = order;
    const position = this.rows.length + 1;
    const content = isMedia
      ? ({ kind: 'media', text: '', file: {} as never } as const)
      : ({ kind: 'text', text: `${position}` } as const);
    const message: DueMessage = {
      serviceId: serviceId(1),
      id: messageId(position),
      whatsAppId: whatsAppId(`W${position}`),
      recipient: { kind: 'person', phone: chat as PhoneNumber },
      content,
      attempts: 0,
    };
    const life: MessageLife = {
      state: 'accepted',
      failure: null,
      attempts: 0,
      crashes: 0,
      wasClaimed: false,
      inDoubtSinceMs: null,
      dueAtMs: this.nowMs + inMs,
      expiresAtMs: null,
      isScheduled: inMs > 0,
    };
    this.rows.push({
      message,
      isUrgent,
      position,
      life,
      claimEpoch: 0,
      claimedPosition: 0,
      wasHeldBack: false,
    });
    this.#step(inMs > 0 ? { type: 'scheduled', delayMs: inMs } : { type: 'woken' });
  }

  connect(): void {
    this.#connection += 1;
    this.#step({ type: 'connected', connection: this.#connection });
  }

  disconnect(): void {
    this.#connection += 1;
    this.#step({ type: 'disconnected' });
  }

  stop(): void {
    this.#step({ type: 'stopped' });
  }

  /** The process dies and another takes over; what it was handing over is counted. */
  crash(): void {
    for (const row of this.rows) {
      if (row.claimEpoch === this.#epoch) this.#move(row, { type: 'owner-died' });
    }
    this.crashes += 1;
    this.#epoch += 1;
    this.#state = NEW_SENDER;
    this.#pending = [];
    this.#writes = [];
    this.#handing.clear();
    this.#reminders.clear();
    this.#connection += 1;
  }

  /** Lets one pending thing happen, chosen among those that are due. @returns false if none */
  happen(): boolean {
    const due = this.#pending.filter(({ atMs }) => atMs <= this.nowMs);
    const next = due[Math.floor(this.#random() * due.length)];
    if (next === undefined) return false;
    this.#pending.splice(this.#pending.indexOf(next), 1);
    if (next.epoch === this.#epoch) next.run();
    return true;
  }

  /** Moves time to the next thing that waits for it, at most so far. */
  pass(atMostMs: number): void {
    const times = [...this.#pending.map(({ atMs }) => atMs), ...this.#reminders.values()];
    const next = Math.min(...times.filter((atMs) => atMs > this.nowMs), this.nowMs + atMostMs);
    this.nowMs = next;
    for (const [of, atMs] of this.#reminders) {
      if (atMs > this.nowMs) continue;
      this.#reminders.delete(of);
      this.#step({ type: 'reminded', of });
    }
  }

  /** Lets everything happen until nothing is left to happen within so long. */
  runFor(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      while (this.happen());
      this.pass(endMs - this.nowMs);
    }
    while (this.happen());
  }

  #step(event: SenderEvent): void {
    const { state, effects } = stepSender(this.#state, event, this.nowMs, this.#random());
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    assert.ok(state.unanswered.size <= 64, 'too many are unanswered');
    assert.ok(state.writes >= 0);
  }

  #later(delayMs: number, run: () => void): void {
    this.#pending.push({ atMs: this.nowMs + delayMs, epoch: this.#epoch, run });
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #carryOut(effect: SenderEffect): void {
    switch (effect.type) {
      case 'claim-doubts':
        this.#ask(() => this.#claimDoubts(effect.except));
        break;
      case 'request-suspect-turn':
        this.#later(1, () => {
          this.#step({ type: 'suspect-turn' });
        });
        break;
      case 'end-suspect-turn':
        break;
      case 'claim-suspect':
        this.#ask(() => ({ type: 'suspect-claimed', message: this.#claimSuspect(effect.except) }));
        break;
      case 'claim-due':
        assert.ok(underWay(this.#state).size <= 32, 'claimed while many are under way');
        assert.ok(!this.#state.mayHaveDoubts, 'claimed new ones before those in doubt');
        this.#ask(() => this.#claimDue(effect.places.count, effect.places.urgentFirst));
        break;
      case 'look-ahead':
        this.#ask(() => ({ type: 'looked-ahead', waitMs: this.#nextDueInMs() }));
        break;
      case 'hand-over':
        this.#handOver(effect.outgoing, effect.connection);
        break;
      case 'return':
        this.#write(effect.ids, { type: 'returned' });
        break;
      case 'postpone':
        this.#write([effect.id], { type: 'postponed', delayMs: effect.delayMs });
        break;
      case 'clear':
        this.#write([effect.id], { type: 'survived' });
        break;
      case 'fail':
        this.#write([effect.id], { type: 'given-up', reason: effect.reason });
        break;
      case 'refuse': {
        const ids = this.rows.filter(({ message }) => message.whatsAppId === effect.whatsAppId);
        const event = { type: 'refused', reason: effect.reason } as const;
        this.#write(
          ids.map(({ message }) => message.id),
          event,
        );
        break;
      }
      case 'slow-down':
      case 'pause-new-chats':
        this.#write([], { type: 'returned' });
        break;
      case 'reconnect':
        this.reconnects += 1;
        this.#later(0, () => {
          this.disconnect();
          this.#later(1000, () => {
            this.connect();
          });
        });
        break;
      case 'show-queue':
        break;
      case 'remind': {
        const atMs = this.nowMs + effect.delayMs;
        this.#reminders.set(effect.of, Math.min(this.#reminders.get(effect.of) ?? atMs, atMs));
        break;
      }
    }
  }

  /** A question may fail before it did anything, or after. */
  #ask(question: () => SenderEvent): void {
    this.#later(1, () => {
      const fails = this.#chance(this.misfortunes.databaseFails);
      const isLate = this.#chance(0.5);
      const answer = fails && !isLate ? null : question();
      this.#later(1, () => {
        this.#step(fails || answer === null ? { type: 'question-failed' } : answer);
      });
    });
  }

  /** One write after the other, as their sender has it. */
  #write(ids: readonly MessageId[], event: MessageEvent): void {
    this.#writes.push({ ids, event });
    if (this.#writes.length === 1) this.#writeNext(1);
  }

  #writeNext(delayMs: number): void {
    this.#later(delayMs, () => {
      const [next] = this.#writes;
      assert.ok(next !== undefined);
      const isAway = this.#chance(this.misfortunes.databaseFails);
      const fails = this.#chance(this.misfortunes.writeFails);
      const isDone = !(isAway || fails) || this.#chance(0.5);
      if (isDone) for (const id of next.ids) this.#move(this.#row(id), next.event);
      if (isAway) {
        this.#writeNext(250);
        return;
      }
      this.#writes.shift();
      if (this.#writes.length > 0) this.#writeNext(1);
      this.#step({ type: fails ? 'write-failed' : 'written' });
    });
  }

  #row(id: MessageId): Row {
    const row = this.rows[id - 1];
    assert.ok(row !== undefined);
    return row;
  }

  #move(row: Row, event: MessageEvent): boolean {
    const before = row.life;
    row.life = stepMessage(before, event, this.nowMs);
    if (event.type === 'survived') row.claimEpoch = 0;
    return row.life !== before;
  }

  #claim(row: Row, event: MessageEvent): DueMessage | null {
    if (!this.#move(row, event)) return null;
    row.claimEpoch = this.#epoch;
    if (event.type === 'claimed') row.claimedPosition = ++this.#claims;
    return { ...row.message, attempts: row.life.attempts };
  }

  #claimDue(count: number, urgentFirst: number): SenderEvent {
    const inOrder = this.rows.toSorted(
      (a, b) => a.life.dueAtMs - b.life.dueAtMs || a.position - b.position,
    );
    const due = inOrder.filter(
      ({ life }) =>
        (life.state === 'accepted' || life.state === 'ready') && life.dueAtMs <= this.nowMs,
    );
    const urgent = due.filter((row) => row.isUrgent);
    const others = due.filter((row) => !row.isUrgent);
    const taken = [
      ...urgent.slice(0, Math.max(urgentFirst, count - others.length)),
      ...others.slice(0, count - Math.min(urgentFirst, urgent.length)),
    ];
    const messages = taken.flatMap((row) => this.#claim(row, { type: 'claimed' }) ?? []);
    return { type: 'due-claimed', messages, isAll: messages.length < count, againInMs: null };
  }

  #claimDoubts(except: readonly WhatsAppId[]): SenderEvent {
    const doubts = this.#doubts(except).filter(({ life }) => life.crashes !== 2);
    const suspectAt = doubts.findIndex(({ life }) => life.crashes > 0);
    const taken = suspectAt === -1 ? doubts : doubts.slice(0, Math.max(1, suspectAt));
    const messages = taken.flatMap((row) => this.#claimAgain(row) ?? []);
    return { type: 'doubts-claimed', messages, hasMore: taken.length < doubts.length };
  }

  #claimSuspect(except: readonly WhatsAppId[]): MessageInDoubt | null {
    const row = this.#doubts(except).find(({ life }) => life.crashes === 2);
    if (row === undefined) return null;
    row.wasHeldBack = true;
    return this.#claimAgain(row);
  }

  #doubts(except: readonly WhatsAppId[]): Row[] {
    return this.rows
      .filter(
        ({ life, message }) => life.state === 'sending' && !except.includes(message.whatsAppId),
      )
      .toSorted((a, b) => a.claimedPosition - b.claimedPosition);
  }

  #claimAgain(row: Row): MessageInDoubt | null {
    const message = this.#claim(row, { type: 'claimed-again' });
    if (message === null) return null;
    const inDoubtMs = this.nowMs - (row.life.inDoubtSinceMs ?? 0);
    return { ...message, crashes: row.life.crashes, inDoubtMs };
  }

  #nextDueInMs(): number | null {
    const waiting = this.rows.filter(({ life }) => ['accepted', 'ready'].includes(life.state));
    if (waiting.length === 0) return null;
    return Math.min(...waiting.map(({ life }) => life.dueAtMs)) - this.nowMs;
  }

  #handOver({ message }: Outgoing, connection: number): void {
    const { whatsAppId: id } = message;
    const key = `${id}|${connection}`;
    assert.ok(!this.#handing.has(key), 'one message is handed over twice at once');
    this.#handing.add(key);
    const end = (outcome: (SenderEvent & { type: 'hand-over-ended' })['outcome']): void => {
      this.#handing.delete(key);
      this.#step({ type: 'hand-over-ended', whatsAppId: id, connection, outcome });
    };
    this.#later(message.content.kind === 'media' ? 30 : 0, () => {
      if (connection !== this.#connection) {
        end({ type: 'gone', isCertain: true });
        return;
      }
      this.#step({ type: 'begun', whatsAppId: id, connection });
      if (this.poison.has(id)) {
        this.crash();
        return;
      }
      if (this.#chance(this.misfortunes.handOverRefused)) {
        end({ type: 'refused', reason: 'send_failed', isFinal: false });
        return;
      }
      this.handOvers.set(id, (this.handOvers.get(id) ?? 0) + 1);
      end({ type: 'handed-over' });
      this.#leave(id, connection);
    });
  }

  /** Frames leave in order; a connection that ends takes along what has not left. */
  #leave(id: WhatsAppId, connection: number): void {
    if (connection !== this.#connection) return;
    if (!this.shown.includes(id)) this.shown.push(id);
    this.#later(1, () => {
      this.#step({ type: 'left', whatsAppId: id, connection });
    });
    if (this.#chance(this.misfortunes.answerLost)) return;
    this.#later(5, () => {
      if (connection !== this.#connection) return;
      const row = this.rows.find(({ message }) => message.whatsAppId === id);
      if (row !== undefined) this.#move(row, { type: 'ticked', tick: 'server' });
      this.#step({ type: 'answered', whatsAppId: id });
    });
  }
}
