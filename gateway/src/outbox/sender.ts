import { toError } from '../domain/errors.ts';
import type { ServiceId, WhatsAppId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Recipient } from '../domain/message.ts';
import type { Clock } from '../runtime/clock.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { InTurn } from '../runtime/turns.ts';
import { createWaiters } from '../runtime/waiters.ts';
import { SendRefusal, type Connection } from '../sessions/connection.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { isDatabaseAway } from '../storage/database-away.ts';
import type { Database } from '../storage/database.ts';
import { claimDoubts, claimPrimeSuspect } from '../storage/messages/claim-doubts.ts';
import { claimDueMessages, type Places } from '../storage/messages/claim-due-messages.ts';
import { clearSuspect } from '../storage/messages/clear-suspect.ts';
import { failMessage } from '../storage/messages/fail-message.ts';
import { nextDueInMs } from '../storage/messages/next-due.ts';
import { postponeMessage } from '../storage/messages/postpone-message.ts';
import { queueWaitingMessages } from '../storage/messages/queue-waiting-messages.ts';
import { returnToQueue } from '../storage/messages/return-to-queue.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import { Alarm } from './alarm.ts';
import type { Pacing } from './pacing/pacing.ts';
import { stepSender } from './sender-machine.ts';
import {
  isIdle,
  NEW_SENDER,
  type HandOverOutcome,
  type Outgoing,
  type Reminder,
  type SenderEffect,
  type SenderEvent,
} from './sender-state.ts';

const SHOW_QUEUE_MS = 1000;
const RESTRICTION_ANSWER_MS_MAX = 5000;
/** When only a change can let something go, it is looked all the same, now and then. */
const ASK_PACING_MS_MAX = 60_000;

/** What all senders share. */
export interface SenderParts {
  readonly database: Database;
  readonly pacing: Pick<Pacing, 'next' | 'restricted' | 'tooFast'>;
  readonly sessions: Pick<Sessions, 'connectionOf' | 'reconnect' | 'findWhatsAppPhone'>;
  /** Resolves when every answer of WhatsApp that has arrived is written. */
  answersSettled(): Promise<void>;
  /** Resolves when it is written that WhatsApp refused a message for good. */
  recordRefusal(lease: Lease, whatsAppId: WhatsAppId, reason: string): Promise<void>;
  /** Has prime suspects of all accounts go one after the other. */
  readonly suspectsInTurn: InTurn;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One account's sender: tells the machine what happens and carries out what it decides. */
export class Sender {
  readonly #serviceId: ServiceId;
  readonly #parts: SenderParts;
  #state = NEW_SENDER;
  /** The open connection, under the number the machine knows it by. */
  #connection: Connection | null = null;
  #connectionNumber = 0;
  /** Of the connection that is open, or was last. */
  #lease: Lease | null = null;
  #endSuspectTurn: () => void = () => undefined;
  /** Resolves when every write ordered so far is done. */
  #written: Promise<void> = Promise.resolve();
  readonly #changes = createWaiters<'idle'>();
  readonly #reminders: Readonly<Record<Reminder, Alarm>>;
  /** Shows what waits as queued, once a second at most: rewriting rows is not free. */
  readonly #queueShower: Alarm;

  constructor(serviceId: ServiceId, parts: SenderParts) {
    this.#serviceId = serviceId;
    this.#parts = parts;
    const reminder = (of: Reminder): Alarm =>
      new Alarm(parts.clock, () => {
        this.#step({ type: 'reminded', of });
      });
    this.#reminders = {
      due: reminder('due'),
      answers: reminder('answers'),
      doubts: reminder('doubts'),
      suspect: reminder('suspect'),
      'prime-suspects': reminder('prime-suspects'),
      database: reminder('database'),
    };
    this.#queueShower = new Alarm(parts.clock, () => void this.#showQueue());
  }

  /** A message waits for a time of its own. */
  scheduled(delayMs: number): void {
    this.#step({ type: 'scheduled', delayMs });
  }

  /** Something may be due. */
  wake(): void {
    this.#step({ type: 'woken' });
  }

  /** A connection opened. */
  connectionOpened(): void {
    const number = ++this.#connectionNumber;
    void this.#takeConnection(number);
  }

  connectionEnded(): void {
    this.#connectionNumber += 1;
    this.#connection = null;
    this.#step({ type: 'disconnected' });
  }

  /** WhatsApp answered; its answer is committed. */
  answered(whatsAppId: WhatsAppId): void {
    this.#step({ type: 'answered', whatsAppId });
  }

  /** WhatsApp refused a message. Resolves when what follows from it is written. */
  async refused(lease: Lease, whatsAppId: WhatsAppId, reason: string): Promise<void> {
    this.#lease ??= lease;
    this.#step({ type: 'refused', whatsAppId, reason });
    await this.#written;
  }

  /** Begins nothing new; resolves when what was begun is answered, or `timeoutMs` are over. */
  async stop(timeoutMs: number): Promise<void> {
    this.#step({ type: 'stopped' });
    const isDone = (): boolean => isIdle(this.#state);
    await this.#changes.until('idle', isDone, timeoutMs, this.#parts.clock);
    for (const alarm of [...Object.values(this.#reminders), this.#queueShower]) alarm.cancel();
  }

  async #takeConnection(number: number): Promise<void> {
    const connection = await this.#parts.sessions.connectionOf(this.#serviceId);
    if (connection === null || number !== this.#connectionNumber) return;
    this.#connection = connection;
    this.#lease = connection.lease;
    this.#step({ type: 'connected', connection: number });
  }

  #step(event: SenderEvent): void {
    const { clock, random } = this.#parts;
    const { state, effects } = stepSender(
      this.#state,
      event,
      clock.monotonicMs(),
      random.fraction(),
    );
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (isIdle(state)) this.#changes.wake('idle');
  }

  #carryOut(effect: SenderEffect): void {
    const { sessions, pacing, clock } = this.#parts;
    const { pool } = this.#parts.database;
    const serviceId = this.#serviceId;
    switch (effect.type) {
      case 'claim-doubts':
        this.#ask((lease) => this.#claimDoubts(lease, effect.except));
        break;
      case 'request-suspect-turn':
        this.#requestSuspectTurn();
        break;
      case 'end-suspect-turn':
        this.#endSuspectTurn();
        break;
      case 'claim-suspect':
        this.#ask(async (lease) => {
          const message = await claimPrimeSuspect(pool, lease, effect.except);
          return { type: 'suspect-claimed', message };
        });
        break;
      case 'claim-due':
        this.#ask((lease) => this.#claimDue(lease, effect.places));
        break;
      case 'look-ahead':
        this.#ask(async () => {
          const waitMs = await nextDueInMs(pool, serviceId, clock.now());
          return { type: 'looked-ahead', waitMs };
        });
        break;
      case 'hand-over':
        void this.#handOver(effect.outgoing, effect.connection);
        break;
      case 'return':
        this.#write((lease) => returnToQueue(pool, lease, effect.ids));
        break;
      case 'postpone':
        this.#write((lease) => postponeMessage(pool, lease, effect.id, effect.delayMs));
        break;
      case 'clear':
        this.#write((lease) => clearSuspect(pool, lease, effect.id));
        break;
      case 'fail':
        this.#write((lease) => failMessage(pool, lease, effect.id, effect.reason));
        break;
      case 'refuse':
        this.#write((lease) => {
          return this.#parts.recordRefusal(lease, effect.whatsAppId, effect.reason);
        });
        break;
      case 'slow-down':
        this.#write((lease) => pacing.tooFast(lease));
        break;
      case 'pause-new-chats':
        void this.#do(this.#withLease((lease) => this.#pauseNewChats(lease)));
        break;
      case 'reconnect':
        void sessions.reconnect(serviceId, effect.why);
        break;
      case 'show-queue':
        this.#queueShower.ringWithin(SHOW_QUEUE_MS);
        break;
      case 'remind':
        this.#reminders[effect.of].ringWithin(effect.delayMs);
        break;
    }
  }

  /** Without a connection there is nobody to ask for. */
  #ask(question: (lease: Lease) => Promise<SenderEvent>): void {
    const lease = this.#lease;
    if (lease === null) return;
    question(lease).then(
      (answer) => {
        this.#step(answer);
      },
      (error: unknown) => {
        this.#logFailure(error, 'the sender could not ask the database; trying again');
        this.#step({ type: 'question-failed' });
      },
    );
  }

  #requestSuspectTurn(): void {
    let isOver = false;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    this.#endSuspectTurn = () => {
      isOver = true;
      resolve();
    };
    void this.#parts.suspectsInTurn(async () => {
      if (isOver) return;
      this.#step({ type: 'suspect-turn' });
      await over;
    });
  }

  async #claimDoubts(lease: Lease, except: readonly WhatsAppId[]): Promise<SenderEvent> {
    // What came in meanwhile may settle some of them.
    await this.#parts.answersSettled();
    const claimed = await claimDoubts(this.#parts.database.pool, lease, except);
    return { type: 'doubts-claimed', ...claimed };
  }

  async #claimDue(lease: Lease, places: Places): Promise<SenderEvent> {
    const turn = await this.#parts.pacing.next(lease);
    if (turn.kind === 'wait') {
      const againInMs = turn.delayMs ?? ASK_PACING_MS_MAX;
      return { type: 'due-claimed', messages: [], isAll: true, againInMs };
    }
    const isFree = turn.kind === 'free';
    const believedMs = this.#parts.clock.now();
    const messages = isFree
      ? await claimDueMessages(this.#parts.database.pool, lease, { ...places, believedMs })
      : [turn.message];
    if (messages.length > 0) passCrashPoint('claimed');
    const isAll = isFree && messages.length < places.count;
    return { type: 'due-claimed', messages, isAll, againInMs: null };
  }

  /**
   * One after the other: a chat's later messages are given back before its earlier ones, and a crash
   * in between must leave it so.
   */
  #write(work: (lease: Lease) => Promise<unknown>): void {
    const order = this.#withLease(work);
    this.#written = this.#written.then(() => this.#do(order));
  }

  /** Under the lease that holds now, even if it is carried out later: it must not outlive that. */
  #withLease(work: (lease: Lease) => Promise<unknown>): () => Promise<unknown> {
    const lease = this.#lease;
    if (lease === null) throw new Error('nothing is written before there was a connection');
    return () => work(lease);
  }

  /** Done again until the database answers: each of these writes changes nothing the second time. */
  async #do(work: () => Promise<unknown>): Promise<void> {
    try {
      await whenDatabaseAnswers(this.#parts.clock, work);
      this.#step({ type: 'written' });
    } catch (error) {
      this.#logFailure(error, 'a message could not be written; it is in doubt');
      this.#step({ type: 'write-failed' });
    }
  }

  /**
   * Not waited for by the refusal it follows from: the question to WhatsApp leaves only when that is
   * written.
   */
  async #pauseNewChats(lease: Lease): Promise<void> {
    const { clock, pacing } = this.#parts;
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const cancel = clock.after(RESTRICTION_ANSWER_MS_MAX, () => {
      resolve(null);
    });
    const told = this.#connection?.findRestrictionEnd().catch(() => null);
    const untilMs = (await Promise.race([told, late])) ?? null;
    cancel();
    await pacing.restricted(lease, untilMs);
  }

  async #handOver(outgoing: Outgoing, connection: number): Promise<void> {
    const { whatsAppId } = outgoing.message;
    const { outcome, left } = await this.#tryHandOver(outgoing, connection);
    this.#step({ type: 'hand-over-ended', whatsAppId, connection, outcome });
    await left;
    if (left !== null) this.#step({ type: 'left', whatsAppId, connection });
  }

  async #tryHandOver(
    { message, useFreshDevices }: Outgoing,
    connectionNumber: number,
  ): Promise<{ outcome: HandOverOutcome; left: Promise<void> | null }> {
    const connection = this.#connection;
    let isBegun = false;
    const isGone = (): boolean => connectionNumber !== this.#connectionNumber;
    try {
      const recipient = await this.#findRecipient(message.recipient);
      if (recipient === null) return ended(refused('not_on_whatsapp', true));
      if (connection === null || isGone()) return ended({ type: 'gone', isCertain: true });
      await connection.prepare(message.content);
      const { whatsAppId } = message;
      this.#step({ type: 'begun', whatsAppId, connection: connectionNumber });
      isBegun = true;
      const { left } = await connection.send({ ...message, recipient }, { useFreshDevices });
      return { outcome: { type: 'handed-over' }, left };
    } catch (error) {
      const refusal = error instanceof SendRefusal ? error : null;
      const reason = refusal?.reason ?? 'send_failed';
      if (isGone() || reason === 'not_connected') {
        return ended({ type: 'gone', isCertain: !isBegun || reason === 'not_connected' });
      }
      if (refusal === null && isDatabaseAway(toError(error)) && !isBegun) {
        return ended({ type: 'interrupted' });
      }
      this.#logFailure(error, `a message was not sent: ${reason}`);
      return ended(refused(reason, refusal !== null && !refusal.isTemporary));
    }
  }

  /** The recipient as WhatsApp knows it, or null when it is not on WhatsApp. */
  async #findRecipient(recipient: Recipient): Promise<Recipient | null> {
    if (recipient.kind === 'group') return recipient;
    const { sessions } = this.#parts;
    const phone = await sessions.findWhatsAppPhone(this.#serviceId, recipient.phone);
    return phone === null ? null : { kind: 'person', phone };
  }

  async #showQueue(): Promise<void> {
    try {
      await queueWaitingMessages(this.#parts.database, this.#serviceId);
    } catch (error) {
      this.#logFailure(error, 'the queue was not shown');
    }
  }

  #logFailure(error: unknown, what: string): void {
    this.#parts.log.warn({ err: toError(error), serviceId: this.#serviceId }, what);
  }
}

const ended = (outcome: HandOverOutcome): { outcome: HandOverOutcome; left: null } => ({
  outcome,
  left: null,
});

const refused = (reason: string, isFinal: boolean): HandOverOutcome => ({
  type: 'refused',
  reason,
  isFinal,
});
