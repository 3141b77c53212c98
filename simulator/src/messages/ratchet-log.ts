import { createHash } from 'node:crypto';

import { peerName } from '../phones/phone-sessions.ts';
import { ratchetStepOf } from '../phones/signal-library.ts';
import type { Ciphertext, Peer } from '../phones/phone-sessions.ts';
import type { SenderMessage } from '../phones/sender-key.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Query, WorldDatabase } from '../world/database.ts';
import type { Stats } from '../world/stats.ts';

/**
 * Remembers every (ratchet key, counter) that linked devices have used. A correct client uses
 * each once; one that was killed between sending and saving its session uses it again.
 */
export class RatchetLog {
  readonly #stats: Stats;
  readonly #insert: Query<never>;
  readonly #find: Query<{ digest: Uint8Array }>;

  constructor(database: WorldDatabase, stats: Stats) {
    this.#stats = stats;
    this.#insert = database.prepare('INSERT OR IGNORE INTO ratchet_step VALUES (?, ?, ?, ?, ?)');
    this.#find = database.prepare(
      `SELECT digest FROM ratchet_step
       WHERE phone = ? AND peer = ? AND ratchet_key = ? AND counter = ?`,
    );
  }

  /** Notes a ciphertext from a device to a phone. */
  note(account: Account, peer: Peer, ciphertext: Ciphertext): void {
    const step = readStep(ciphertext);
    if (!step) return;
    const { ratchetKey, counter } = step;
    this.#noteStep([account.phone, peerName(peer), ratchetKey, counter], ciphertext.bytes);
  }

  /** Notes a message of a device to a group, under the group's sender key. */
  noteGroup(groupId: string, peer: Peer, { keyId, iteration, signed }: SenderMessage): void {
    this.#noteStep([groupId, peerName(peer), Buffer.from(String(keyId)), iteration], signed);
  }

  #noteStep(place: [string, string, Buffer, number], bytes: Buffer): void {
    const digest = createHash('sha256').update(bytes).digest().subarray(0, 8);
    if (this.#insert.run(...place, digest).changes > 0) return;
    this.#stats.add('reusedRatchetCounters');
    const known = this.#find.get(...place);
    if (known && !digest.equals(known.digest)) this.#stats.add('reusedWithOtherCiphertext');
  }
}

function readStep({ type, bytes }: Ciphertext) {
  try {
    return ratchetStepOf(type, bytes);
  } catch {
    return undefined; // garbage has no place in a ratchet; decryption will say so
  }
}
