// Accepting and claiming while a million messages wait.

import { whatsAppId, type ServiceId } from '../../gateway/src/domain/ids.ts';
import type { AcceptedMessage } from '../../gateway/src/domain/message.ts';
import type { PhoneNumber } from '../../gateway/src/domain/phone-number.ts';
import type { Database } from '../../gateway/src/storage/database.ts';
import { claimDueMessages } from '../../gateway/src/storage/messages/claim-due-messages.ts';
import { insertMessages } from '../../gateway/src/storage/messages/insert-messages.ts';

const RECIPIENT = '447400000901' as PhoneNumber;

/** Makes every message of `many` due, and leaves none in `few`. */
export async function letThemWait(few: Database, many: Database): Promise<void> {
  await few.pool.query('DELETE FROM messages');
  const client = await many.pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    await client.query(
      `UPDATE messages SET state = 'ready', attempts = 0, executed_at = NULL, server_at = NULL,
                           phone_at = NULL, read_at = NULL`,
    );
    await client.query('VACUUM ANALYZE messages');
  } finally {
    client.release(true);
  }
  await few.pool.query('VACUUM ANALYZE messages');
}

/**
 * Lets one more message of a service wait and claims its next one.
 * @returns how long the claim took, milliseconds
 */
export async function claimOne(database: Database, serviceId: ServiceId): Promise<number> {
  await insertMessages(database.pool, [oneMore(serviceId)]);
  // As it is before anybody has taken it.
  const lease = { serviceId, epoch: 0 };
  const startedMs = performance.now();
  const claimed = await claimDueMessages(database.pool, lease, { count: 1, urgentFirst: 1 });
  const tookMs = performance.now() - startedMs;
  if (claimed.length !== 1) throw new Error(`${claimed.length} messages were claimed`);
  return tookMs;
}

let messagesMade = 0;

function oneMore(serviceId: ServiceId): AcceptedMessage {
  messagesMade += 1;
  return {
    serviceId,
    whatsAppId: whatsAppId(`BENCH${messagesMade}`),
    recipient: { kind: 'person', phone: RECIPIENT },
    writtenRecipient: RECIPIENT,
    content: { kind: 'text', text: 'One more' },
    scheduledAtMs: null,
    isUrgent: false,
    expiresAtMs: null,
    metadata: null,
  };
}
