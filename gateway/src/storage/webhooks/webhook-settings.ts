import { sql } from 'kysely';
import type { EventFormat, WebhookMode } from '../../domain/event.ts';
import type { ListenerId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** A webhook as its owner sees it. */
export interface Webhook {
  /** Null while there is none. */
  readonly url: string | null;
  readonly format: EventFormat;
  readonly sendsKey: boolean;
  readonly mode: WebhookMode;
  readonly failingSince: Date | null;
  readonly probeAt: Date | null;
  readonly disabledBecause: string | null;
  readonly secretSealed: Buffer;
  readonly oldSecretSealed: Buffer | null;
  readonly oldSecretUntil: Date | null;
}

/** @returns null when the listener never had a webhook */
export async function findWebhook(
  database: Database,
  listenerId: ListenerId,
): Promise<Webhook | null> {
  const row = await database.query
    .selectFrom('webhooks')
    .select([
      'url',
      'format',
      'sends_key as sendsKey',
      'mode',
      'failing_since as failingSince',
      'probe_at as probeAt',
      'disabled_because as disabledBecause',
      'secret_sealed as secretSealed',
      'old_secret_sealed as oldSecretSealed',
      'old_secret_until as oldSecretUntil',
    ])
    .where('listener_id', '=', listenerId)
    .executeTakeFirst();
  return row ?? null;
}

/** A webhook as its owner wants it; what is left out stays, or is the default at first. */
export interface WebhookChange {
  readonly url: string;
  readonly format?: EventFormat;
  readonly sendsKey?: boolean;
  /** `https://HOST` of the gateway, seen from whoever sets the webhook. */
  readonly baseUrl: string;
  /** Used when there is no secret yet. */
  readonly secretSealed: Buffer;
}

/** How a webhook stands that its owner has just set, or asked to be tried again. */
const ANEW = {
  mode: 'flowing',
  failures: 0,
  probes: 0,
  failing_since: null,
  probe_at: null,
  disabled_because: null,
} as const;

/** Somebody looks at it at once; who holds it sees the new revision. */
const WOKEN = {
  wake_at: sql<Date>`CASE WHEN webhooks.holder IS NULL THEN now() ELSE webhooks.wake_at END`,
  revision: sql<number>`webhooks.revision + 1`,
};

const NOT_DELIVERED = sql<boolean>`(state = 'pending' OR state = 'exhausted')`;

/** Sets a listener's webhook. What still waits goes to the new address at once. */
export async function setWebhook(
  database: Database,
  listenerId: ListenerId,
  change: WebhookChange,
): Promise<void> {
  const columns = {
    ...ANEW,
    url: change.url,
    base_url: change.baseUrl,
    ...(change.format === undefined ? {} : { format: change.format }),
    ...(change.sendsKey === undefined ? {} : { sends_key: change.sendsKey }),
  };
  await database.query.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('webhooks')
      .values({ listener_id: listenerId, secret_sealed: change.secretSealed, ...columns })
      .onConflict((conflict) =>
        conflict.column('listener_id').doUpdateSet({
          ...columns,
          ...WOKEN,
          set_at: sql<Date>`now()`,
        }),
      )
      .execute();
    await transaction
      .updateTable('webhook_deliveries')
      .set({ next_at: sql<Date>`now()` })
      .where('listener_id', '=', listenerId)
      .where('state', '=', 'pending')
      .where('next_at', '>', sql<Date>`now()`)
      .execute();
  });
}

/** Removes a listener's webhook; what still waits is dropped, and can be replayed. */
export async function removeWebhook(database: Database, listenerId: ListenerId): Promise<void> {
  await database.query.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('webhooks')
      .set({
        ...ANEW,
        url: null,
        wake_at: null,
        holder: null,
        revision: sql<number>`revision + 1`,
      })
      .where('listener_id', '=', listenerId)
      .execute();
    await transaction
      .updateTable('webhook_deliveries')
      .set({ state: 'dropped' })
      .where('listener_id', '=', listenerId)
      .where(NOT_DELIVERED)
      .execute();
  });
}

/** Puts a new secret in the old one's place; the old one signs, too, for a while. */
export async function rotateSecret(
  database: Database,
  listenerId: ListenerId,
  secretSealed: Buffer,
  overlapMs: number,
): Promise<void> {
  await database.query
    .updateTable('webhooks')
    .set({
      secret_sealed: secretSealed,
      old_secret_sealed: sql<Buffer>`secret_sealed`,
      old_secret_until: sql<Date>`now() + ${overlapMs} * interval '1 millisecond'`,
      revision: sql<number>`revision + 1`,
    })
    .where('listener_id', '=', listenerId)
    .execute();
}

/**
 * Begins anew with what was not delivered, and with a webhook that rests or was disabled.
 * @returns how many deliveries now wait, or null when this was asked for a moment ago
 */
export async function resendPending(
  database: Database,
  listenerId: ListenerId,
  notWithinMs: number,
): Promise<number | null> {
  return await database.query.transaction().execute(async (transaction) => {
    const reopened = await transaction
      .updateTable('webhooks')
      .set({ ...ANEW, ...WOKEN, resent_at: sql<Date>`now()` })
      .where('listener_id', '=', listenerId)
      .where(
        sql<boolean>`coalesce(resent_at < now() - ${notWithinMs} * interval '1 millisecond', true)`,
      )
      .executeTakeFirst();
    if (reopened.numUpdatedRows === 0n) return null;
    const again = await transaction
      .updateTable('webhook_deliveries')
      .set({
        state: 'pending',
        attempts: 0,
        next_at: sql<Date>`now()`,
        queued_at: sql<Date>`now()`,
      })
      .where('listener_id', '=', listenerId)
      .where(NOT_DELIVERED)
      .executeTakeFirst();
    return Number(again.numUpdatedRows);
  });
}

/** How many of a listener's events wait for its webhook, those that were given up included. */
export async function countPending(database: Database, listenerId: ListenerId): Promise<number> {
  const { count } = await database.query
    .selectFrom('webhook_deliveries')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .where('listener_id', '=', listenerId)
    .where(NOT_DELIVERED)
    .executeTakeFirstOrThrow();
  return count;
}
