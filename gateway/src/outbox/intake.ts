import { Problem } from '../domain/errors.ts';
import type { MessageId } from '../domain/ids.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import { CALLS_KEPT_DAYS, type NamedCall, type QueuedCall } from '../domain/named-call.ts';
import { createBatcher } from '../runtime/batcher.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Database } from '../storage/database.ts';
import { findNamedCalls, type KnownCall } from '../storage/idempotency/find-named-calls.ts';
import {
  insertMessages,
  insertMessagesOfCalls,
  type MessagesOfCall,
} from '../storage/messages/insert-messages.ts';

const INSERTS = { itemsMax: 500 };
const LOOKUPS = { itemsMax: 500 };

/** Messages that are accepted together, from one call. */
interface AcceptedCall {
  readonly messages: readonly AcceptedMessage[];
  /** The recipients as they were written, where several are answered; null where one is. */
  readonly recipients: readonly string[] | null;
}

/**
 * Where accepted messages are kept: the door to the outbox.
 *
 * A call with a name is carried out once, however often and to however many processes it comes. Its
 * name and its messages are one statement, so there is no moment in which one of them is kept
 * without the other; the table's primary key decides between those who come at the same time, and
 * whoever comes second waits for the first one's commit and then reads what it led to.
 */
export interface Intake {
  /**
   * Keeps the messages of one call, all or none. When it resolves they are committed, and only then
   * may the caller be told so.
   * @param name under which the call is carried out once; null: no such protection was asked for
   * @returns what this call, or an earlier one of this name, led to
   * @throws Problem `idempotency_conflict` when the earlier one asked for something else
   */
  keep(call: AcceptedCall, name: NamedCall | null): Promise<QueuedCall>;
  /**
   * What an earlier call of this name led to, or null when there was none.
   * @throws Problem `idempotency_conflict` when it asked for something else
   */
  recall(name: NamedCall): Promise<QueuedCall | null>;
}

/**
 * @param onKept told after the commit, so that the sender need not wait for its next look
 */
export function createIntake(
  database: Database,
  onKept: (messages: readonly AcceptedMessage[]) => void,
): Intake {
  const inserts = createBatcher<NewCall, MessageId[] | null>(async (calls) => {
    const outcomes = calls.some((call) => call.name !== null)
      ? await insertNamed(database, calls)
      : await insertUnnamed(database, calls);
    passCrashPoint('inserted');
    onKept(calls.flatMap((call, index) => (outcomes[index] === null ? [] : call.messages)));
    return outcomes;
  }, INSERTS);

  const lookups = createBatcher<NamedCall, KnownCall | null>(
    (names) => findNamedCalls(database.pool, names, CALLS_KEPT_DAYS),
    LOOKUPS,
  );

  async function recall(name: NamedCall): Promise<QueuedCall | null> {
    const known = await lookups.add(name);
    if (known === null) return null;
    if (!known.fingerprint.equals(name.fingerprint)) throw new Problem('idempotency_conflict');
    return { ids: known.ids, recipients: known.recipients, isReplay: true };
  }

  return {
    recall,
    async keep({ messages, recipients }, name) {
      const call = { messages, name: name === null ? null : { ...name, recipients } };
      for (;;) {
        const ids = await inserts.add(call);
        if (ids !== null) return { ids, recipients, isReplay: false };
        const earlier = name === null ? null : await recall(name);
        if (earlier !== null) return earlier;
        // The name's days ended between the two statements: now it is free.
      }
    },
  };
}

interface NewCall extends MessagesOfCall {
  readonly name: (MessagesOfCall['name'] & NamedCall) | null;
}

async function insertUnnamed(database: Database, calls: NewCall[]): Promise<MessageId[][]> {
  const ids = await insertMessages(
    database.pool,
    calls.flatMap((call) => call.messages),
  );
  let taken = 0;
  return calls.map(({ messages }) => ids.slice(taken, (taken += messages.length)));
}

/** Of calls that share a name in one batch the first is carried out. */
async function insertNamed(database: Database, calls: NewCall[]): Promise<(MessageId[] | null)[]> {
  const seen = new Set<string>();
  const isFirst = calls.map(({ name }) => {
    if (name === null) return true;
    const place = `${name.serviceId} ${name.key}`;
    return !seen.has(place) && seen.add(place) !== null;
  });
  const firsts = calls.filter((_, index) => isFirst[index]);
  const outcomes = await insertMessagesOfCalls(database.pool, firsts, CALLS_KEPT_DAYS);
  let taken = 0;
  return isFirst.map((one) => (one ? (outcomes[taken++] ?? null) : null));
}
