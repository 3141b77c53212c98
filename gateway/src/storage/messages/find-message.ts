import { sql } from 'kysely';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { MessageState } from '../../domain/message-state.ts';
import type { Database } from '../database.ts';

/** A kept message as its owner may see it. */
export interface KeptMessage {
  readonly id: MessageId;
  /** The number or the group's id. */
  readonly chat: string;
  readonly text: string;
  /** The link its file was given by; empty for texts and uploads. */
  readonly link: string;
  readonly state: MessageState;
  readonly failure: string | null;
  /** True while the time that was asked for has not come. */
  readonly isScheduled: boolean;
  readonly acceptedAt: Date;
  /** When it was first handed to WhatsApp. */
  readonly executedAt: Date | null;
}

/** The columns of a KeptMessage, for every query that answers one. */
export const KEPT_MESSAGE_COLUMNS = [
  'id',
  'chat',
  'text',
  sql<string>`coalesce((SELECT link FROM media WHERE media.service_id = messages.service_id
    AND media.id = messages.media_id), '')`.as('link'),
  'state',
  'failure',
  sql<boolean>`is_scheduled AND due_at > now()`.as('isScheduled'),
  'accepted_at as acceptedAt',
  'executed_at as executedAt',
] as const;

/** @returns the service's message with this id, or null */
export async function findMessage(
  database: Database,
  serviceId: ServiceId,
  id: MessageId,
): Promise<KeptMessage | null> {
  const row = await database.query
    .selectFrom('messages')
    .select(KEPT_MESSAGE_COLUMNS)
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}
