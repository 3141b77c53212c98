import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { KEPT_MESSAGE_COLUMNS, type KeptMessage } from './find-message.ts';

/** Everything about a kept message that its owner may see. */
export interface MessageDetails extends KeptMessage {
  readonly isGroup: boolean;
  readonly serverAt: Date | null;
  readonly phoneAt: Date | null;
  readonly readAt: Date | null;
  /** How often it was handed over. */
  readonly attempts: number;
  /** True when a time was asked for, come or not. */
  readonly hasSchedule: boolean;
  /** Not sent before. */
  readonly dueAt: Date;
  /** Not sent afterwards. */
  readonly expiresAt: Date | null;
  readonly isUrgent: boolean;
  readonly metadata: string | null;
}

/** @returns the service's message with this id, or null */
export async function findMessageDetails(
  database: Database,
  serviceId: ServiceId,
  id: MessageId,
): Promise<MessageDetails | null> {
  const row = await database.query
    .selectFrom('messages')
    .select(KEPT_MESSAGE_COLUMNS)
    .select([
      'is_group as isGroup',
      'server_at as serverAt',
      'phone_at as phoneAt',
      'read_at as readAt',
      'attempts',
      'is_scheduled as hasSchedule',
      'due_at as dueAt',
      'expires_at as expiresAt',
      'is_urgent as isUrgent',
      'metadata',
    ])
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}
