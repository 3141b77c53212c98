import { decryptWith, isBySender, readDistribution, readSenderMessage } from './sender-key.ts';
import { peerName } from './phone-sessions.ts';
import type { SenderKey, SenderMessage } from './sender-key.ts';
import type { Peer } from './phone-sessions.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** A sender key as it is kept: bytes as base64. */
type KeptKey = Omit<SenderKey, 'chainKey' | 'signingKey'> & {
  chainKey: string;
  signingKey: string;
};

const KEYS_MAX = 5;

/** A group message that was read once for all its readers, who mostly hold the same key. */
export interface OpenedMessage {
  readonly message: SenderMessage;
  readonly outcomes: Map<string, { plain: Buffer; next: SenderKey } | undefined>;
}

/** The sender keys of others that phones were given, by group and sending device. */
export class SenderKeys {
  readonly #load: Query<{ record: string }>;
  readonly #write: Query<never>;

  constructor(database: WorldDatabase) {
    this.#load = database.prepare(
      'SELECT record FROM phone_sender_key WHERE phone = ? AND name = ?',
    );
    this.#write = database.prepare(
      `INSERT INTO phone_sender_key VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET record = excluded.record`,
    );
  }

  /** A phone is given the key of a sender. Throws when it is not one. */
  accept(reader: Account, groupId: string, sender: Peer, distribution: Buffer): void {
    const key = readDistribution(distribution);
    const others = this.#keys(reader, groupId, sender).filter(({ keyId }) => keyId !== key.keyId);
    this.#keep(reader, groupId, sender, [...others, key].slice(-KEYS_MAX));
  }

  /**
   * Decrypts for one reader and keeps its key as it is afterwards; undefined if the reader has no
   * key for the message or it is not the sender's. To be called inside a transaction.
   */
  decrypt(
    reader: Account,
    groupId: string,
    sender: Peer,
    { message, outcomes }: OpenedMessage,
  ): Buffer | undefined {
    const keys = this.#keys(reader, groupId, sender);
    const key = keys.find(({ keyId }) => keyId === message.keyId);
    if (!key) return undefined;
    const stand = `${key.signingKey.toString('base64')}/${key.chainKey.toString('base64')}`;
    if (!outcomes.has(stand)) outcomes.set(stand, attempt(key, message));
    const outcome = outcomes.get(stand);
    if (!outcome) return undefined;
    const next = keys.map((each) => (each === key ? outcome.next : each));
    this.#keep(reader, groupId, sender, next);
    return outcome.plain;
  }

  #keys(reader: Account, groupId: string, sender: Peer): SenderKey[] {
    const row = this.#load.get(reader.phone, nameOf(groupId, sender));
    return row ? (JSON.parse(row.record) as KeptKey[]).map(restored) : [];
  }

  #keep(reader: Account, groupId: string, sender: Peer, keys: readonly SenderKey[]): void {
    const record = JSON.stringify(keys.map(kept));
    this.#write.run(reader.phone, nameOf(groupId, sender), record);
  }
}

/** Reads a group message; undefined if it is not one. */
export function openMessage(bytes: Buffer): OpenedMessage | undefined {
  try {
    return { message: readSenderMessage(bytes), outcomes: new Map() };
  } catch {
    return undefined;
  }
}

function attempt(key: SenderKey, message: SenderMessage) {
  if (!isBySender(key, message)) return undefined;
  try {
    return decryptWith(key, message);
  } catch {
    return undefined; // the caller counts it and asks for the message again
  }
}

function nameOf(groupId: string, sender: Peer): string {
  return `${groupId}::${peerName(sender)}`;
}

function kept(key: SenderKey): KeptKey {
  const { chainKey, signingKey } = key;
  return {
    ...key,
    chainKey: chainKey.toString('base64'),
    signingKey: signingKey.toString('base64'),
  };
}

function restored(key: KeptKey): SenderKey {
  return {
    ...key,
    chainKey: Buffer.from(key.chainKey, 'base64'),
    signingKey: Buffer.from(key.signingKey, 'base64'),
  };
}
