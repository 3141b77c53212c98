import { DatabaseError, type Pool } from 'pg';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { ServiceLife } from '../../domain/service-lifecycle.ts';

/** A service as it was when its renewal was decided. */
export interface SeenService {
  readonly serviceId: ServiceId;
  readonly agentId: AgentId | null;
  readonly planId: number;
  readonly life: ServiceLife;
  /** Another with every change of its row. */
  readonly version: string;
  /** Milliseconds since 1970, by the database's clock. */
  readonly nowMs: number;
  /** It was renewed by as many months, without a key, a moment ago, and that still holds. */
  readonly wasJustRenewed: boolean;
  /** Its agent's own subscription is over. */
  readonly hasSubscriptionEnded: boolean;
}

const SEE = `
  SELECT v.agent_id AS "agentId", v.plan_id AS "planId", v.xmin::text AS version,
         v.state, v.is_suspended_by_hand AS "isSuspendedByHand", v.billing_day AS "billingDay",
         (extract(epoch FROM v.suspended_at) * 1000)::float8 AS "suspendedAtMs",
         (extract(epoch FROM v.expires_at) * 1000)::float8 AS "expiresAtMs",
         (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs",
         EXISTS (
           SELECT FROM ledger_transactions t
           WHERE t.service_id = v.id AND t.kind = 'renew' AND t.months = $2
             AND t.idempotency_key IS NULL
             AND t.created_at > clock_timestamp() - make_interval(secs => $3)
             AND NOT EXISTS (SELECT FROM ledger_transactions back WHERE back.reverses = t.id)
         ) AS "wasJustRenewed",
         coalesce(a.subscription_ends_at <= clock_timestamp(), false) AS "hasSubscriptionEnded"
  FROM services v LEFT JOIN agents a ON a.id = v.agent_id
  WHERE v.id = $1`;

type SeenRow = Omit<SeenService, 'serviceId' | 'life'> & ServiceLife;

/**
 * Looks at a service that is to be renewed.
 * @param months as many as are asked for
 * @param repeatedWithinMs renewals without a key that come again this soon are the same renewal
 * @returns null for an unknown service
 */
export async function seeService(
  pool: Pool,
  serviceId: ServiceId,
  months: number,
  repeatedWithinMs: number,
): Promise<SeenService | null> {
  const { rows } = await pool.query<SeenRow>({
    name: 'see-service-to-renew',
    text: SEE,
    values: [serviceId, months, repeatedWithinMs / 1000],
  });
  const [row] = rows;
  if (row === undefined) return null;
  const { agentId, planId, version, nowMs, wasJustRenewed, hasSubscriptionEnded, ...life } = row;
  const seen = { serviceId, agentId, planId, version, nowMs, wasJustRenewed };
  return { ...seen, hasSubscriptionEnded, life };
}

/** Months for a service that was seen. */
export interface MonthsOrder {
  readonly seen: SeenService;
  /** Its life with them. */
  readonly life: ServiceLife;
  readonly months: number;
  /** What its agent pays; 0 moves no money. */
  readonly amount: Cents;
  /** The same key never moves money twice. Null: no protection asked for. */
  readonly idempotencyKey: string | null;
  /** Says whether a repeated key means the same request. */
  readonly fingerprint: string;
}

// One statement: whoever buys from the same wallet waits for this commit and for nothing on its way
// to us. Service first, wallet later, as everywhere.
const BUY = `
  WITH held AS MATERIALIZED (
    SELECT id FROM services WHERE id = $1 AND xmin::text = $2 FOR UPDATE),
  written AS (
    INSERT INTO ledger_transactions (kind, idempotency_key, fingerprint, service_id, months)
    SELECT 'renew', $3, $4, id, $5 FROM held
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id),
  entries AS (
    INSERT INTO ledger_entries (transaction_id, account_id, amount_cents)
    SELECT written.id, movement.account_id, movement.amount_cents
    FROM written, (VALUES
      ((SELECT id FROM ledger_accounts WHERE agent_id = $6), - $7::bigint),
      ((SELECT id FROM ledger_accounts WHERE kind = 'sales'), $7::bigint))
      AS movement(account_id, amount_cents)
    WHERE movement.amount_cents <> 0),
  renewed AS (
    UPDATE services SET state = $8, is_suspended_by_hand = $9,
      suspended_at = to_timestamp($10::float8 / 1000),
      expires_at = to_timestamp($11::float8 / 1000), billing_day = $12
    FROM written WHERE services.id = $1)
  SELECT (SELECT count(*)::int FROM held) AS held, (SELECT count(*)::int FROM written) AS written`;

/**
 * Charges for months and extends the service, all or nothing.
 * @returns `changed`: the service is not as it was seen any more; `used`: the key was used before;
 *   `short`: there is not enough in the wallet. Then nothing was done
 */
export async function buyMonths(
  pool: Pool,
  { seen, life, months, amount, idempotencyKey, fingerprint }: MonthsOrder,
): Promise<'bought' | 'changed' | 'used' | 'short'> {
  try {
    const { rows } = await pool.query<{ held: number; written: number }>({
      name: 'buy-months',
      text: BUY,
      values: [
        seen.serviceId,
        seen.version,
        idempotencyKey,
        fingerprint,
        months,
        seen.agentId,
        amount,
        life.state,
        life.isSuspendedByHand,
        life.suspendedAtMs,
        life.expiresAtMs,
        life.billingDay,
      ],
    });
    if (rows[0]?.held === 0) return 'changed';
    return rows[0]?.written === 1 ? 'bought' : 'used';
  } catch (error) {
    const isShort =
      error instanceof DatabaseError && error.constraint === 'agent_balance_not_negative';
    if (isShort) return 'short';
    throw error;
  }
}
