import { createHash } from 'node:crypto';

import { peerName } from '../phones/phone-sessions.ts';
import { ratchetStepOf } from '../phones/signal-library.ts';
import type { Ciphertext, Peer } from '../phones/phone-sessions.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

export type RatchetUse = 'fresh' | 'same-ciphertext' | 'other-ciphertext';

/**
 * Remembers every (ratchet key, counter) that phones were sent. A correct client uses each once;
 * one that was killed between sending and saving its session uses it again.
 */
export class RatchetLog {
  readonly #insert: Query<never>;
  readonly #find: Query<{ digest: Uint8Array }>;

  constructor(database: WorldDatabase) {
    this.#insert = database.prepare('INSERT OR IGNORE INTO ratchet_step VALUES (?, ?, ?, ?, ?)');
    this.#find = database.prepare(
      `SELECT digest FROM ratchet_step
       WHERE phone = ? AND peer = ? AND ratchet_key = ? AND counter = ?`,
    );
  }

  /** Notes one ciphertext; says whether its place in the ratchet was new. */
  note(account: Account, peer: Peer, ciphertext: Ciphertext): RatchetUse {
    const step = readStep(ciphertext);
    if (!step) return 'fresh';
    const digest = createHash('sha256').update(ciphertext.bytes).digest().subarray(0, 8);
    const place = [account.phone, peerName(peer), step.ratchetKey, step.counter] as const;
    if (this.#insert.run(...place, digest).changes > 0) return 'fresh';
    const known = this.#find.get(...place);
    return known && digest.equals(known.digest) ? 'same-ciphertext' : 'other-ciphertext';
  }
}

function readStep({ type, bytes }: Ciphertext) {
  try {
    return ratchetStepOf(type, bytes);
  } catch {
    return undefined; // garbage has no place in a ratchet; decryption will say so
  }
}
