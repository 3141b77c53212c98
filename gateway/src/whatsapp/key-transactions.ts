import { AsyncLocalStorage } from 'node:async_hooks';
import type { SignalDataTypeMap, SignalKeyStore } from './baileys.ts';

type Type = keyof SignalDataTypeMap;

/** What one piece of work has changed so far. */
interface Transaction {
  readonly changes: Map<Type, Record<string, unknown>>;
  isOver: boolean;
}

/** A key store whose changes can be made together or not at all. */
export interface TransactionalKeys extends SignalKeyStore {
  isInTransaction(): boolean;
  /** Runs work, one piece a key at a time, and keeps what it changed unless it fails. */
  transaction<Result>(work: () => Promise<Result>, key: string): Promise<Result>;
}

/** Ratchets: changed at once, never when a transaction ends. */
const WRITTEN_THROUGH: ReadonlySet<Type> = new Set(['session', 'sender-key']);

/**
 * Transactions over a key store, in place of the library's own. They differ in three things:
 *
 * - Ratchets pass by. The library keeps a changed ratchet in a transaction that commits only after
 *   the frame was written to the socket, so a crash in between would use a step twice. And two
 *   transactions that touch one ratchet, a message going out while one comes in, each hold a copy
 *   of their own: the later commit undoes the earlier step. libsignal itself lets only one piece of
 *   work at a time load, change and store a session, which is all the order that is needed.
 * - What is changed after a transaction has ended is changed in the store. The library begins work
 *   inside one and does not wait for it: that it has given a contact its privacy token it notes in a
 *   transaction long committed, forgets it, and gives the token again with every message.
 * - Nothing is read twice and no lock is taken for a read: the store has it in memory.
 */
export function createKeyTransactions(store: SignalKeyStore): TransactionalKeys {
  const current = new AsyncLocalStorage<Transaction>();
  const takeTurn = createTurns();
  const live = (): Transaction | null => {
    const transaction = current.getStore();
    return transaction === undefined || transaction.isOver ? null : transaction;
  };
  return {
    isInTransaction: () => live() !== null,
    async get(type, ids) {
      const changes = live()?.changes.get(type);
      if (changes === undefined) return await store.get(type, ids);
      const kept = await store.get(
        type,
        ids.filter((id) => !(id in changes)),
      );
      const changed = ids.filter((id) => changes[id] != null).map((id) => [id, changes[id]]);
      return { ...kept, ...Object.fromEntries(changed) };
    },
    async set(data) {
      const transaction = live();
      if (transaction === null) {
        await store.set(data);
        return;
      }
      for (const [type, values] of Object.entries(data) as [Type, Record<string, unknown>][]) {
        if (WRITTEN_THROUGH.has(type)) await store.set({ [type]: values });
        else transaction.changes.set(type, { ...transaction.changes.get(type), ...values });
      }
    },
    async transaction(work, key) {
      if (live() !== null) return await work();
      return await takeTurn(key, async () => {
        const transaction: Transaction = { changes: new Map(), isOver: false };
        try {
          const result = await current.run(transaction, work);
          await store.set(Object.fromEntries(transaction.changes));
          return result;
        } finally {
          transaction.isOver = true;
        }
      });
    },
  };
}

/** Lets one piece of work a key run at a time, in the order of the calls. */
function createTurns(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<void>>();
  return async (key, work) => {
    const before = last.get(key);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    last.set(key, over);
    try {
      await before;
      return await work();
    } finally {
      if (last.get(key) === over) last.delete(key);
      end();
    }
  };
}
