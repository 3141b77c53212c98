import { Migrator, type Migration } from 'kysely/migration';
import * as first from './migrations/0001-first.ts';
import * as content from './migrations/0002-content.ts';
import * as lists from './migrations/0003-lists.ts';
import * as ownership from './migrations/0004-ownership.ts';
import * as severalProcesses from './migrations/0005-several-processes.ts';
import * as sending from './migrations/0006-sending.ts';
import * as held from './migrations/0007-held.ts';
import * as pacing from './migrations/0007-pacing.ts';
import * as idempotency from './migrations/0008-idempotency.ts';
import * as sessionEnds from './migrations/0009-session-ends.ts';
import * as webhooks from './migrations/0010-webhooks.ts';
import * as partners from './migrations/0011-partners.ts';
import * as agentsListen from './migrations/0013-agents-listen.ts';
import * as pacingNews from './migrations/0014-pacing-news.ts';
import * as feedNotices from './migrations/0015-feed-notices.ts';
import * as newChatCap from './migrations/0015-new-chat-cap.ts';
import * as queueOfDeliveries from './migrations/0016-queue-of-deliveries.ts';
import { openDatabase } from './database.ts';

/** In the order they run; a name is never changed or reused once released. */
const MIGRATIONS: Record<string, Migration> = {
  '0001-first': first,
  '0002-content': content,
  '0003-lists': lists,
  '0004-ownership': ownership,
  '0005-several-processes': severalProcesses,
  '0006-sending': sending,
  '0007-held': held,
  '0007-pacing': pacing,
  '0008-idempotency': idempotency,
  '0009-session-ends': sessionEnds,
  '0010-webhooks': webhooks,
  '0011-partners': partners,
  '0013-agents-listen': agentsListen,
  '0014-pacing-news': pacingNews,
  '0015-feed-notices': feedNotices,
  '0015-new-chat-cap': newChatCap,
  '0016-queue-of-deliveries': queueOfDeliveries,
};

/**
 * Brings the database to the newest schema. Each migration runs once; Kysely's lock lets only one
 * process migrate at a time, the others wait.
 * @param url a PostgreSQL connection string
 * @throws the first migration error; the migration that failed is rolled back
 */
export async function migrate(url: string): Promise<void> {
  const database = openDatabase(url, () => undefined);
  try {
    const migrator = new Migrator({
      db: database.query,
      provider: { getMigrations: () => Promise.resolve(MIGRATIONS) },
    });
    for (;;) {
      // One transaction each: a state that one migration adds can be used by the next one only.
      const { error, results = [] } = await migrator.migrateUp();
      if (error !== undefined) throw error;
      if (results.length === 0) return;
    }
  } finally {
    await database.close();
  }
}
