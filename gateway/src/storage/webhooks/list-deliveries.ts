import { sql } from 'kysely';
import type { DeliveryState, EventType } from '../../domain/event.ts';
import type { EventId, ListenerId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import type { Page } from '../messages/list-messages.ts';

/** An event with what became of it. */
export interface DeliveryRow {
  readonly id: EventId;
  readonly type: EventType;
  readonly createdAt: Date;
  readonly state: DeliveryState;
  /** When the next attempt is due; of what waits for none, null. */
  readonly nextAt: Date | null;
  readonly log: readonly AttemptRow[];
}

/** One attempt, oldest first in a delivery's log. */
interface AttemptRow {
  readonly eventId: EventId;
  readonly attempt: number;
  readonly at: Date;
  readonly url: string;
  readonly status: number | null;
  readonly failure: string | null;
  readonly latencyMs: number;
  readonly answer: string;
}

/** Which deliveries are asked for. */
export interface DeliveryQuestion {
  /** From 1. */
  readonly page: number;
  readonly rowsPerPage: number;
  readonly state: DeliveryState | null;
  readonly id: EventId | null;
}

/**
 * A listener's deliveries, newest first, each with its attempts. What has arrived has left the queue:
 * its attempts say that it was there.
 */
export async function listDeliveries(
  database: Database,
  listenerId: ListenerId,
  { page, rowsPerPage, state, id }: DeliveryQuestion,
): Promise<Page<DeliveryRow>> {
  let matching = database.query
    .selectFrom('events')
    .leftJoin('webhook_deliveries as queued', 'queued.event_id', 'events.id')
    .where('events.listener_id', '=', listenerId);
  const wasTried = sql<boolean>`EXISTS (SELECT FROM webhook_attempts a WHERE a.event_id = events.id)`;
  if (state === null) {
    matching = matching.where((where) =>
      where.or([where('queued.state', 'is not', null), wasTried]),
    );
  } else if (state === 'delivered') {
    matching = matching.where('queued.state', 'is', null).where(wasTried);
  } else matching = matching.where('queued.state', '=', state);
  if (id !== null) matching = matching.where('events.id', '=', id);
  const [total, rows] = await Promise.all([
    matching
      .select((columns) => columns.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    matching
      .select([
        'events.id',
        'events.type',
        'events.created_at as createdAt',
        'queued.state',
        'queued.next_at as nextAt',
      ])
      .orderBy('events.xid', 'desc')
      .orderBy('events.id', 'desc')
      .limit(rowsPerPage)
      .offset((page - 1) * rowsPerPage)
      .execute(),
  ]);
  const log = await listAttempts(
    database,
    rows.map((row) => row.id),
  );
  return {
    count: total.count,
    rows: rows.map((row) => ({
      ...row,
      state: row.state ?? 'delivered',
      nextAt: row.state === 'pending' ? row.nextAt : null,
      log: log.get(row.id) ?? [],
    })),
  };
}

async function listAttempts(
  database: Database,
  ids: readonly EventId[],
): Promise<Map<EventId, AttemptRow[]>> {
  if (ids.length === 0) return new Map();
  const rows = await database.query
    .selectFrom('webhook_attempts')
    .select([
      'event_id as eventId',
      'attempt',
      'at',
      'url',
      'status',
      'failure',
      'latency_ms as latencyMs',
      'answer',
    ])
    .where('event_id', '=', sql<EventId>`ANY (${ids}::bigint[])`)
    .orderBy('id')
    .execute();
  return Map.groupBy(rows, (row) => row.eventId);
}
