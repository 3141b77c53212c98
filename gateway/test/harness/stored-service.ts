import { randomBytes } from 'node:crypto';
import type { ServiceId } from '../../src/domain/ids.ts';
import { newWhatsAppId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { AcceptedMessage } from '../../src/domain/message.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { createService } from '../../src/storage/services/create-service.ts';
import { createTestDatabase } from './database.ts';

/** An open database of a test's own. */
export interface OpenTestDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly url: string;
}

/** Makes a migrated database and opens it; it goes with the scope. */
export async function openTestDatabase(): Promise<OpenTestDatabase> {
  const made = await createTestDatabase();
  const database = openDatabase(made.url, () => undefined);
  return {
    database,
    url: made.url,
    async [Symbol.asyncDispose]() {
      await database.close();
      await made.drop();
    },
  };
}

/** Makes an active test service without going through HTTP. */
export async function storeService(database: Database): Promise<ServiceId> {
  const made = await createService(database.query, {
    agentId: null,
    mode: 'test',
    planId: 4,
    keyFingerprint: randomBytes(32),
    keyPrefix: 'test',
    keySealed: Buffer.alloc(0),
    receivesMessages: true,
    expiresAtMs: Date.now() + 86_400_000,
    billingDay: 1,
  });
  if (made === null) throw new Error('there is a service with this key');
  return made;
}

/** The lease of a service that nobody has ever held: what is written under it is accepted. */
export const leaseOf = (serviceId: ServiceId): Lease => ({ serviceId, epoch: 0 });

/** A message good enough to be kept. */
export function acceptedMessage(
  serviceId: ServiceId,
  text: string,
  scheduledAtMs: number | null = null,
): AcceptedMessage {
  return {
    serviceId,
    whatsAppId: newWhatsAppId(randomBytes),
    recipient: { kind: 'person', phone: '447400000002' as PhoneNumber },
    writtenRecipient: '+44 7400 000002',
    content: { kind: 'text', text },
    scheduledAtMs,
    isUrgent: false,
    expiresAtMs: null,
    metadata: null,
  };
}
