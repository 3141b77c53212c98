import { toError } from '../domain/errors.ts';
import type { ServiceId, WhatsAppId } from '../domain/ids.ts';
import { chatOf, type DueMessage, type MessageInDoubt, type Recipient } from '../domain/message.ts';
import { ATTEMPTS_MAX, isHopeless } from '../domain/message-life.ts';
import type { Clock } from '../runtime/clock.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Log } from '../runtime/log.ts';
import { createWaiters } from '../runtime/waiters.ts';
import { SendRefusal, type Connection } from '../sessions/connection.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Database } from '../storage/database.ts';
import { claimDoubts } from '../storage/messages/claim-doubts.ts';
import { claimDueMessages } from '../storage/messages/claim-due-messages.ts';
import { failMessage } from '../storage/messages/fail-message.ts';
import { nextDueInMs } from '../storage/messages/next-due.ts';
import { postponeMessage } from '../storage/messages/postpone-message.ts';
import { queueWaitingMessages } from '../storage/messages/queue-waiting-messages.ts';
import { returnToQueue } from '../storage/messages/return-to-queue.ts';
import { Alarm } from './alarm.ts';
import { ChatLanes } from './chat-lanes.ts';

/** The most messages handed over and not yet answered, an account. */
const UNANSWERED_MAX = 64;
/** More are claimed when no more than this many are left. */
const CLAIM_BELOW = UNANSWERED_MAX / 2;
/** WhatsApp answers within a second; a connection that does not for this long is half dead. */
const ANSWER_MS_MAX = 20_000;
const POSTPONE_MS = 5000;
const DATABASE_RETRY_MS = 1000;
const CLOCK_RETRY_MS = 5000;
const SHOW_QUEUE_MS = 1000;

/** What all senders share. */
export interface SenderParts {
  readonly database: Database;
  readonly sessions: Pick<Sessions, 'connectionOf' | 'reconnect' | 'findWhatsAppPhone'>;
  /** Resolves when every answer of WhatsApp that has arrived is written. */
  answersSettled(): Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One account's sender: hands its messages to WhatsApp one at a time, in order.
 *
 * It sleeps until it is woken: by an accepted message, an answer that makes room, the time of a
 * scheduled message, or a connection that opened. Awake it
 * 1. resends, after a connection opened, what an earlier connection left without an answer, under
 *    the same WhatsApp ids, so that what arrived the first time is not shown again;
 * 2. claims due messages, as many as may be unanswered, and hands them over in order;
 * 3. sets an alarm for the next scheduled message, and sleeps.
 * Awake without a connection, it only marks what waits as queued.
 *
 * A message with a file has to be uploaded first, which may take minutes. It and what follows it in
 * the same chat take a lane of their own (`chat-lanes.ts`): chats without files do not wait.
 *
 * A claimed message is in doubt until WhatsApp answers. A message that was certainly not handed
 * over goes back to the queue instead.
 */
export class Sender {
  readonly #serviceId: ServiceId;
  readonly #parts: SenderParts;
  /** When each unanswered message was handed over, monotonic milliseconds, oldest first. */
  readonly #unanswered = new Map<WhatsAppId, number>();
  readonly #lanes = new ChatLanes(() => {
    this.#makeRoom();
  });
  /** The connection for which a message waits in a lane. */
  readonly #inLanes = new Map<WhatsAppId, Connection>();
  readonly #changes = createWaiters<'idle'>();
  #isStopped = false;
  #isAwake = false;
  #isWokenAgain = false;
  #mayLeaveDoubts = true;
  #mayHaveScheduled = true;
  readonly #alarm: Alarm;
  /** Shows what waits as queued, once a second at most: rewriting rows is not free. */
  readonly #queueShower: Alarm;
  #cancelAnswerCheck: (() => void) | null = null;

  constructor(serviceId: ServiceId, parts: SenderParts) {
    this.#serviceId = serviceId;
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock, () => {
      this.wake();
    });
    this.#queueShower = new Alarm(parts.clock, () => void this.#showQueue());
  }

  /** A message waits for a time of its own. */
  scheduled(delayMs: number): void {
    if (this.#isStopped) return;
    this.#mayHaveScheduled = true;
    this.#alarm.ringWithin(delayMs);
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isStopped) return;
    if (this.#isAwake) {
      this.#isWokenAgain = true;
      return;
    }
    this.#isAwake = true;
    void this.#workUntilDone();
  }

  /** A connection opened: first settle what the last one left open. */
  connectionOpened(): void {
    this.#mayLeaveDoubts = true;
    this.#mayHaveScheduled = true;
    this.#unanswered.clear();
    this.wake();
  }

  connectionEnded(): void {
    this.#unanswered.clear();
    this.wake();
  }

  /** WhatsApp answered; its answer is committed. */
  answered(whatsAppId: WhatsAppId): void {
    if (this.#unanswered.delete(whatsAppId)) this.#makeRoom();
  }

  /** Begins nothing new; resolves when what was begun is answered, or `timeoutMs` are over. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    this.#alarm.cancel();
    this.#queueShower.cancel();
    const isIdle = (): boolean => !this.#isAwake && this.#busyCount === 0;
    await this.#changes.until('idle', isIdle, timeoutMs, this.#parts.clock);
    this.#cancelAnswerCheck?.();
  }

  /** Handed over and not answered, or on the way to it. */
  get #busyCount(): number {
    return this.#unanswered.size + this.#lanes.size;
  }

  #makeRoom(): void {
    if (this.#busyCount === CLAIM_BELOW) this.wake();
    this.#changes.wake('idle');
  }

  async #workUntilDone(): Promise<void> {
    do {
      this.#isWokenAgain = false;
      try {
        await this.#work();
      } catch (error) {
        const err = toError(error);
        this.#parts.log.error(
          { err, serviceId: this.#serviceId },
          'the sender failed; trying again',
        );
        this.#alarm.ringWithin(DATABASE_RETRY_MS);
      }
    } while (this.#isWokenAgain);
    this.#isAwake = false;
    this.#changes.wake('idle');
  }

  async #work(): Promise<void> {
    const { database, sessions } = this.#parts;
    const connection = await sessions.connectionOf(this.#serviceId);
    if (connection === null) {
      this.#queueShower.ringWithin(SHOW_QUEUE_MS);
      return;
    }
    if (this.#mayLeaveDoubts) await this.#resendDoubts(connection);
    for (;;) {
      // Claiming for every answer would cost one commit a message.
      if (this.#busyCount > CLAIM_BELOW) return;
      const room = UNANSWERED_MAX - this.#busyCount;
      this.#isWokenAgain = false;
      if (this.#isStopped) return;
      const due = await claimDueMessages(database.pool, connection.lease, {
        count: room,
        urgentFirst: room,
        scheduledUntilMs: this.#parts.clock.believedMs(),
      });
      if (due.length === 0) break;
      passCrashPoint('claimed');
      if (!(await this.#handOver(connection, due))) return;
      if (due.length < room && !this.#isWokenAgain) break;
    }
    await this.#setAlarmForScheduled();
  }

  async #resendDoubts(connection: Connection): Promise<void> {
    await this.#parts.answersSettled();
    const { pool } = this.#parts.database;
    const { messages: doubts } = await claimDoubts(pool, connection.lease, []);
    for (const { id } of doubts.filter(isGivenUp)) {
      await this.#fail(connection, id, 'unknown_outcome');
    }
    const isUnderWay = ({ whatsAppId }: DueMessage): boolean =>
      this.#unanswered.has(whatsAppId) || this.#inLanes.get(whatsAppId) === connection;
    const others = doubts.filter((message) => !isGivenUp(message) && !isUnderWay(message));
    this.#mayLeaveDoubts = false;
    const isComplete = await this.#handOver(connection, others, { areInDoubt: true });
    if (!isComplete) this.#mayLeaveDoubts = true;
  }

  /** @returns false when the connection ended before all were handed over */
  async #handOver(
    connection: Connection,
    messages: readonly DueMessage[],
    { areInDoubt = false } = {},
  ): Promise<boolean> {
    for (const [index, message] of messages.entries()) {
      const chat = chatOf(message.recipient);
      if (message.content.kind === 'media' || this.#lanes.isBusy(chat)) {
        this.#takeLane(chat, connection, message, areInDoubt);
        continue;
      }
      if (await this.#sendOne(connection, message, areInDoubt)) continue;
      // What was handed over before may have arrived: it stays in doubt, the rest does not.
      const unsent = areInDoubt ? [] : messages.slice(index).map(({ id }) => id);
      await returnToQueue(this.#parts.database.pool, connection.lease, unsent);
      return false;
    }
    return true;
  }

  /** If the connection ends meanwhile the message stays in doubt, and goes again on the next. */
  #takeLane(chat: string, connection: Connection, message: DueMessage, isInDoubt: boolean): void {
    const { whatsAppId } = message;
    this.#inLanes.set(whatsAppId, connection);
    this.#lanes.run(chat, async () => {
      try {
        await this.#sendOne(connection, message, isInDoubt);
      } catch (error) {
        const err = toError(error);
        this.#parts.log.error({ err, serviceId: this.#serviceId }, 'a message is left in doubt');
      }
      if (this.#inLanes.get(whatsAppId) === connection) this.#inLanes.delete(whatsAppId);
    });
  }

  /** @returns false when there is no connection any more */
  async #sendOne(
    connection: Connection,
    message: DueMessage,
    isInDoubt: boolean,
  ): Promise<boolean> {
    const { database, sessions } = this.#parts;
    try {
      const recipient = await this.#findRecipient(message.recipient);
      if (recipient === null) {
        await this.#fail(connection, message.id, 'not_on_whatsapp');
        return true;
      }
      await connection.prepare(message.content);
      this.#expectAnswer(message.whatsAppId);
      await connection.send({ ...message, recipient });
      return true;
    } catch (error) {
      this.#unanswered.delete(message.whatsAppId);
      const reason = error instanceof SendRefusal ? error.reason : 'send_failed';
      const isGone = (await sessions.connectionOf(this.#serviceId)) !== connection;
      if (isGone || reason === 'not_connected') return false;
      const { log } = this.#parts;
      log.warn(
        { err: toError(error), serviceId: this.#serviceId, reason },
        'a message was not sent',
      );
      const isFinal = error instanceof SendRefusal && !error.isTemporary;
      if (isFinal || message.attempts >= ATTEMPTS_MAX) {
        await this.#fail(connection, message.id, reason);
      } else if (isInDoubt) {
        this.#mayLeaveDoubts = true;
        this.#alarm.ringWithin(POSTPONE_MS);
      } else {
        await postponeMessage(
          database.pool,
          connection.lease,
          message.id,
          POSTPONE_MS * message.attempts,
        );
        this.#mayHaveScheduled = true;
        this.wake();
      }
      return true;
    }
  }

  /** The recipient as WhatsApp knows it, or null when it is not on WhatsApp. */
  async #findRecipient(recipient: Recipient): Promise<Recipient | null> {
    if (recipient.kind === 'group') return recipient;
    const { sessions } = this.#parts;
    const phone = await sessions.findWhatsAppPhone(this.#serviceId, recipient.phone);
    return phone === null ? null : { kind: 'person', phone };
  }

  async #fail(connection: Connection, id: DueMessage['id'], reason: string): Promise<void> {
    await failMessage(this.#parts.database.pool, connection.lease, id, reason);
  }

  #expectAnswer(whatsAppId: WhatsAppId): void {
    const { clock, sessions } = this.#parts;
    this.#unanswered.set(whatsAppId, clock.monotonicMs());
    if (this.#cancelAnswerCheck !== null) return;
    const check = (): void => {
      this.#cancelAnswerCheck = null;
      const [oldestMs] = this.#unanswered.values();
      if (oldestMs === undefined) return;
      const ageMs = clock.monotonicMs() - oldestMs;
      if (ageMs >= ANSWER_MS_MAX) {
        void sessions.reconnect(this.#serviceId, 'a message was not answered');
      } else {
        this.#cancelAnswerCheck = clock.after(ANSWER_MS_MAX - ageMs, check);
      }
    };
    this.#cancelAnswerCheck = clock.after(ANSWER_MS_MAX, check);
  }

  async #setAlarmForScheduled(): Promise<void> {
    if (!this.#mayHaveScheduled) return;
    const waitMs = await nextDueInMs(this.#parts.database.pool, this.#serviceId);
    if (waitMs === null) this.#mayHaveScheduled = false;
    // A clock that is not believed may say for long that something is due.
    else if (this.#parts.clock.believedMs() === null) this.#alarm.ringWithin(waitMs);
    else this.#alarm.ringWithin(Math.max(waitMs, CLOCK_RETRY_MS));
  }

  async #showQueue(): Promise<void> {
    const { database, log } = this.#parts;
    try {
      await queueWaitingMessages(database, this.#serviceId);
    } catch (error) {
      log.warn({ err: toError(error), serviceId: this.#serviceId }, 'the queue was not shown');
    }
  }
}

function isGivenUp({ attempts, inDoubtMs }: MessageInDoubt): boolean {
  return isHopeless(attempts, inDoubtMs);
}
