import type { MessageId } from '../domain/ids.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import { createBatcher, type Batcher } from '../runtime/batcher.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Database } from '../storage/database.ts';
import { insertMessages } from '../storage/messages/insert-messages.ts';

const INSERTS = { itemsMax: 500 };

/** Where accepted messages are kept: the door to the outbox. */
export interface Intake {
  /**
   * Keeps the messages of one request, all or none. When it resolves they are committed, and only
   * then may the caller be told so.
   * @returns their ids in the order given
   */
  keep(messages: readonly AcceptedMessage[]): Promise<MessageId[]>;
}

/**
 * @param onKept told after the commit, so that the sender need not wait for its next look
 */
export function createIntake(
  database: Database,
  onKept: (messages: readonly AcceptedMessage[]) => void,
): Intake {
  const batcher: Batcher<readonly AcceptedMessage[], MessageId[]> = createBatcher(
    async (requests) => {
      const messages = requests.flat();
      const ids = await insertMessages(database.pool, messages);
      passCrashPoint('inserted');
      onKept(messages);
      let taken = 0;
      return requests.map((request) => ids.slice(taken, (taken += request.length)));
    },
    INSERTS,
  );
  return { keep: (messages) => batcher.add(messages) };
}
