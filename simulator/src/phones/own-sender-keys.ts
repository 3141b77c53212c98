import { encryptWith, writeDistribution } from './sender-key.ts';
import { signingKeyFrom } from '../wire/signatures.ts';
import type { SenderKey } from './sender-key.ts';
import type { Account } from '../accounts/accounts.ts';
import type { SeededRandom } from '../random/seeded-random.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** Where a phone stands in the chain of its own key for a group, and who was given the key. */
interface OwnRecord {
  readonly iteration: number;
  readonly chainKey: string;
  readonly givenTo: readonly string[];
}

/** A group message of a phone. */
export interface SealedMessage {
  readonly bytes: Buffer;
  /** The key as it was before this message, for devices that do not have it. */
  readonly distribution: Buffer;
  readonly givenTo: readonly string[];
}

/** The sender keys phones write to groups with. The seed gives each its beginning. */
export class OwnSenderKeys {
  readonly #random: SeededRandom;
  readonly #load: Query<{ record: string }>;
  readonly #write: Query<never>;

  constructor(database: WorldDatabase, random: SeededRandom) {
    this.#random = random;
    this.#load = database.prepare(
      'SELECT record FROM phone_sender_key WHERE phone = ? AND name = ?',
    );
    this.#write = database.prepare(
      `INSERT INTO phone_sender_key VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record`,
    );
  }

  /** Encrypts one message and keeps the key as it is afterwards. */
  seal(writer: Account, groupId: string, plain: Buffer): SealedMessage {
    const { key, signer, givenTo } = this.#key(writer, groupId);
    const { bytes, next } = encryptWith(key, signer, plain);
    const chainKey = next.chainKey.toString('base64');
    this.#keep(writer, groupId, { iteration: next.iteration, chainKey, givenTo });
    return { bytes, distribution: writeDistribution(key), givenTo };
  }

  /** The key as it is now, for a device that has lost it. */
  distribution(writer: Account, groupId: string): Buffer {
    return writeDistribution(this.#key(writer, groupId).key);
  }

  /** From now on these devices count as having the key. */
  noteGiven(writer: Account, groupId: string, devices: readonly string[]): void {
    const record = this.#record(writer, groupId);
    this.#keep(writer, groupId, { ...record, givenTo: [...record.givenTo, ...devices] });
  }

  #key(writer: Account, groupId: string) {
    const purpose = `${writer.phone}/${groupId}`;
    const { iteration, chainKey, givenTo } = this.#record(writer, groupId);
    const signer = signingKeyFrom(this.#random.bytes(`group-signing/${purpose}`, 32));
    const key: SenderKey = {
      keyId: 1 + this.#random.integer(`group-key-id/${purpose}`, 2 ** 31 - 2),
      iteration,
      chainKey: Buffer.from(chainKey, 'base64'),
      signingKey: signer.publicKey,
      skipped: {},
    };
    return { key, signer, givenTo };
  }

  #record(writer: Account, groupId: string): OwnRecord {
    const row = this.#load.get(writer.phone, `${groupId}::own`);
    if (row) return JSON.parse(row.record) as OwnRecord;
    const chainKey = this.#random.bytes(`group-chain/${writer.phone}/${groupId}`, 32);
    return { iteration: 0, chainKey: chainKey.toString('base64'), givenTo: [] };
  }

  #keep(writer: Account, groupId: string, record: OwnRecord): void {
    this.#write.run(writer.phone, `${groupId}::own`, JSON.stringify(record));
  }
}
