import { DatabaseError } from 'pg';
import type { Kysely } from 'kysely';
import { Problem } from '../domain/errors.ts';
import type { Schema } from '../storage/schema.ts';
import { moveMoney, type Transfer } from '../storage/ledger/move-money.ts';

/**
 * Moves money in the transaction it is given, so that the money and what was bought with it are
 * one change.
 * @returns whether it moved now, or had moved before under the same idempotency key
 * @throws Problem `insufficient_credit` or `idempotency_conflict`; the transaction must be rolled back
 */
export async function transfer(
  transaction: Kysely<Schema>,
  order: Transfer,
): Promise<'moved' | 'repeated'> {
  try {
    const outcome = await moveMoney(transaction, order);
    if (outcome === 'conflict') throw new Problem('idempotency_conflict');
    return outcome;
  } catch (error) {
    if (error instanceof DatabaseError && error.constraint === 'agent_balance_not_negative') {
      throw new Problem('insufficient_credit');
    }
    throw error;
  }
}
