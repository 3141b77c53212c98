// The limit of keeping: the gateway's own INSERT of the same rows in a bare loop, one statement
// after the other.

import { randomBytes } from 'node:crypto';
import { newWhatsAppId, serviceId } from '../../gateway/src/domain/ids.ts';
import type { AcceptedMessage } from '../../gateway/src/domain/message.ts';
import type { PhoneNumber } from '../../gateway/src/domain/phone-number.ts';
import { openDatabase, type Database } from '../../gateway/src/storage/database.ts';
import { insertMessages } from '../../gateway/src/storage/messages/insert-messages.ts';
import { answer } from '../processes/answering.ts';

/** What to insert, and for how long. */
export interface InsertLoop {
  readonly databaseUrl: string;
  readonly rowsPerInsert: number;
  readonly durationS: number;
  readonly phone: string;
  readonly text: string;
  readonly scheduledAtMs: number;
}

export interface InsertLoopResult {
  readonly rows: number;
  readonly durationMs: number;
}

let database: Database | undefined;

answer('insert', async (loop: InsertLoop): Promise<InsertLoopResult> => {
  database ??= openDatabase(loop.databaseUrl, () => undefined);
  const { pool, query } = database;
  const { id } = await query.selectFrom('services').select('id').limit(1).executeTakeFirstOrThrow();
  const row = (): AcceptedMessage => ({
    serviceId: serviceId(id),
    whatsAppId: newWhatsAppId(randomBytes),
    recipient: { kind: 'person', phone: loop.phone as PhoneNumber },
    writtenRecipient: loop.phone,
    content: { kind: 'text', text: loop.text },
    scheduledAtMs: loop.scheduledAtMs,
    isUrgent: false,
    expiresAtMs: null,
    metadata: null,
  });
  const startedMs = performance.now();
  let rows = 0;
  while (performance.now() - startedMs < loop.durationS * 1000) {
    const batch = Array.from({ length: loop.rowsPerInsert }, row);
    await insertMessages(pool, batch);
    rows += batch.length;
  }
  const durationMs = performance.now() - startedMs;
  return { rows, durationMs };
});
