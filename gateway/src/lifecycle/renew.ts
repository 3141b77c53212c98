import { priceOf, type Catalogue } from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { AgentId, ServiceId } from '../domain/ids.ts';
import { cents } from '../domain/money.ts';
import { stepLife } from '../domain/service-lifecycle.ts';
import type { Database } from '../storage/database.ts';
import { buyMonths, seeService } from '../storage/ledger/buy-months.ts';
import { findFingerprint } from '../storage/ledger/find-fingerprint.ts';

/** Renewals without a key that come again this soon are the same renewal. */
const REPEATED_WITHIN_MS = 60_000;
/** As often a service may change between the look at it and the purchase. */
const TRIES_MAX = 20;

/** Months that somebody buys for a service. */
export interface Renewal {
  readonly serviceId: ServiceId;
  /** Whose service it is and who pays; null for the operator's own, which costs nothing. */
  readonly agentId: AgentId | null;
  readonly months: number;
  readonly idempotencyKey: string | null;
}

/** What came of it; `repeated`: it was done before, and nothing was changed or charged now. */
type RenewalOutcome = 'renewed' | 'repeated';

/**
 * Renews a service and charges for it, all or nothing. The address that does it is a GET, which
 * anything on the way may repeat: without a key the same renewal within a minute is the same one.
 *
 * The service is looked at, what becomes of it is decided, and that is bought in one statement which
 * does nothing if the service has changed meanwhile; then it is looked at again.
 * @throws Problem `service_not_found`, `insufficient_credit`, `subscription_ended`,
 *   `idempotency_conflict`, `not_ready` when it changes all the time; nothing was done
 */
export async function renewService(
  database: Database,
  catalogue: Catalogue,
  renewal: Renewal,
): Promise<RenewalOutcome> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const outcome = await tryToRenew(database, catalogue, renewal);
    if (outcome !== 'changed') return outcome;
  }
  throw new Problem('not_ready', 'This service is changing all the time; try again.');
}

async function tryToRenew(
  { pool }: Database,
  catalogue: Catalogue,
  { serviceId, agentId, months, idempotencyKey }: Renewal,
): Promise<RenewalOutcome | 'changed'> {
  const seen = await seeService(pool, serviceId, months, REPEATED_WITHIN_MS);
  if (seen === null || seen.agentId !== agentId) throw new Problem('service_not_found');
  if (idempotencyKey === null && seen.wasJustRenewed) return 'repeated';
  const step = stepLife(seen.life, { type: 'renew', months }, seen.nowMs);
  if ('refusal' in step) throw new Problem(step.refusal);
  const name = idempotencyKey === null ? null : `renew:${agentId ?? 'operator'}:${idempotencyKey}`;
  const fingerprint = `renew service ${serviceId}, ${months} months`;
  const judgeRepetition = async (used: string): Promise<'repeated' | null> => {
    const earlier = await findFingerprint(pool, used);
    if (earlier === null) return null;
    if (earlier !== fingerprint) throw new Problem('idempotency_conflict');
    return 'repeated';
  };
  if (catalogue.agentSubscription !== null && seen.hasSubscriptionEnded) {
    const repeated = name === null ? null : await judgeRepetition(name);
    if (repeated === null) throw new Problem('subscription_ended');
    return repeated;
  }
  const amount = agentId === null ? cents(0) : priceOf(catalogue, seen.planId, months);
  const order = { seen, life: step.life, months, amount, idempotencyKey: name, fingerprint };
  const outcome = await buyMonths(pool, order);
  switch (outcome) {
    case 'bought':
      return 'renewed';
    case 'changed':
      return 'changed';
    case 'short':
      throw new Problem('insufficient_credit');
    case 'used':
      return (name === null ? null : await judgeRepetition(name)) ?? 'changed';
  }
}
