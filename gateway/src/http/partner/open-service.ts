import { Problem, toError } from '../../domain/errors.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { addMonths, dayOfMonth } from '../../domain/months.ts';
import { priceOf } from '../../domain/catalogue.ts';
import type { Plan } from '../../domain/plans.ts';
import { assertSubscribed } from '../../lifecycle/assert-subscribed.ts';
import { transfer } from '../../ledger/transfer.ts';
import type { Agent } from '../../storage/agents/agents.ts';
import { findOrder } from '../../storage/ledger/find-order.ts';
import { createService } from '../../storage/services/create-service.ts';
import type { Edge } from '../edge.ts';

/** A service somebody wants. */
export interface ServiceOrder {
  readonly plan: Plan;
  readonly months: number;
  readonly mode: 'test' | 'live';
  readonly receivesMessages: boolean;
  /** Who pays for it and owns it; null for the operator, who pays nothing. */
  readonly agent: Agent | null;
  /** The same key never opens, and never charges for, a second service. */
  readonly idempotencyKey: string | null;
}

/** A service that was opened. */
export interface OpenedService {
  readonly apiKey: string;
  /** Null when the order had been carried out before. */
  readonly serviceId: ServiceId | null;
}

/**
 * Opens a service and charges for it in one transaction, then begins to connect it.
 * @throws Problem `insufficient_credit`, `subscription_ended` or `idempotency_conflict`, and nothing was opened or charged
 */
export async function openService(edge: Edge, order: ServiceOrder): Promise<OpenedService> {
  const orderName = nameOf(order);
  const fingerprint = `create plan ${order.plan.id}, ${order.months} months`;
  const earlier = orderName === null ? null : await findOrder(edge.database.query, orderName);
  if (earlier !== null) {
    if (earlier.fingerprint !== fingerprint) throw new Problem('idempotency_conflict');
    return { apiKey: edge.keyring.open(earlier.keySealed), serviceId: null };
  }
  const issued = orderName === null ? edge.keyring.issue() : edge.keyring.issueFor(orderName);
  const nowMs = edge.clock.now();
  const billingDay = dayOfMonth(nowMs);
  const serviceId = await edge.database.query.transaction().execute(async (transaction) => {
    const created = await createService(transaction, {
      agentId: order.agent?.id ?? null,
      mode: order.mode,
      planId: order.plan.id,
      keyFingerprint: issued.fingerprint,
      keyPrefix: issued.prefix,
      keySealed: issued.sealed,
      receivesMessages: order.receivesMessages,
      expiresAtMs: addMonths(nowMs, order.months, billingDay),
      billingDay,
    });
    if (order.agent === null) return created;
    // The wallet last: whoever else buys from it waits for this commit only.
    const outcome = await transfer(transaction, {
      kind: 'create',
      idempotencyKey: orderName,
      fingerprint,
      from: { agentId: order.agent.id },
      to: 'sales',
      amount: priceOf(edge.catalogue, order.plan.id, order.months),
      ...(created === null ? {} : { bought: { serviceId: created, months: order.months } }),
    });
    const isWhole = (created === null) === (outcome === 'repeated');
    if (!isWhole) throw new Error('a service and its charge are not of one order');
    if (outcome === 'moved') {
      await assertSubscribed(transaction, edge.catalogue, order.agent.id);
    }
    return created;
  });
  if (serviceId !== null) await beginToConnect(edge, serviceId);
  return { apiKey: issued.key, serviceId };
}

/** An agent's idempotency key is its own: two agents may choose the same. */
function nameOf({ agent, idempotencyKey }: ServiceOrder): `create:${string}` | null {
  return agent === null || idempotencyKey === null ? null : `create:${agent.id}:${idempotencyKey}`;
}

/** The service is bought and its row wants a connection: a fault here must not take it back. */
async function beginToConnect(edge: Edge, serviceId: ServiceId): Promise<void> {
  try {
    await edge.sessions.connect(serviceId);
  } catch (error) {
    edge.log.warn(
      { serviceId, cause: toError(error).message },
      'a new service could not be connected at once',
    );
  }
}
